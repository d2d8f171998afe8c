namespace PoUW.Core.Work;

/// <summary>
/// Takes winning tickets. Called by compute threads in the middle of a product, so it must return quickly; the node verifies the
/// certificate itself before it shows a block to anyone.
/// </summary>
public interface ITicketSink
{
    /// <summary>A ticket below the template's target was found.</summary>
    void Submit(WorkTemplate template, WorkCertificate certificate);
}
