using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>Passes tickets on while their template is the current one; a ticket on an old head is worthless.</summary>
internal sealed class FreshTicketSink(IWorkTemplateSource templates, ITicketSink inner) : ITicketSink
{
    /// <inheritdoc/>
    public void Submit(WorkTemplate template, WorkCertificate certificate)
    {
        if (ReferenceEquals(templates.Current, template))
        {
            inner.Submit(template, certificate);
        }
    }
}
