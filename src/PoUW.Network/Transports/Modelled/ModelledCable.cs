using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Transports.Modelled;

/// <summary>Both directions of a connection and both its ends. All members but the ends' own are used under the model's lock.</summary>
internal sealed class ModelledCable
{
    private readonly NetworkModel _model;
    private readonly ModelledHost _dialer;
    private readonly ModelledHost _listener;
    private readonly ModelledPipe _there;
    private readonly ModelledPipe _back;
    private ModelledHost? _lost;

    public ModelledCable(NetworkModel model, ulong number, ModelledLink there, ModelledLink back, Multiaddr dialerAddress, Multiaddr listenerAddress)
    {
        (_model, Number, _dialer, _listener) = (model, number, there.From, there.To);
        _there = new ModelledPipe(model, there, back);
        _back = new ModelledPipe(model, back, there);
        DialerEnd = new ModelledConnection(model, this, dialerAddress, listenerAddress, _back, _there);
        ListenerEnd = new ModelledConnection(model, this, listenerAddress, dialerAddress, _there, _back);
    }

    public ulong Number { get; }

    public ModelledConnection DialerEnd { get; }

    public ModelledConnection ListenerEnd { get; }

    public bool Joins(ModelledHost one, ModelledHost other) =>
        (_dialer == one && _listener == other) || (_dialer == other && _listener == one);

    public bool Touches(ModelledHost host) => _dialer == host || _listener == host;

    /// <summary>Both ends fail.</summary>
    public void Reset(string message)
    {
        foreach (ModelledPipe pipe in new[] { _there, _back })
        {
            pipe.FailWriter(message);
            pipe.FailReader(message);
            pipe.Sever();
        }
    }

    /// <summary>The host is gone without a word: its own end fails, the other end hears nothing any more.</summary>
    public void Lose(ModelledHost host)
    {
        const string Message = "This host has vanished.";
        _lost ??= host;
        ModelledPipe fromHost = host == _dialer ? _there : _back;
        ModelledPipe toHost = host == _dialer ? _back : _there;
        fromHost.FailWriter(Message);
        toHost.FailReader(Message);
        _there.Sever();
        _back.Sever();
    }

    /// <summary>The host is back and knows nothing of the connection: it answers what it gets of it with a reset.</summary>
    public void ForgetBy(ModelledHost host)
    {
        if (_lost != host)
        {
            return;
        }

        const string Message = "The other host knows nothing of the connection.";
        ModelledPipe toHost = host == _dialer ? _back : _there;
        if (toHost.HasTravelling)
        {
            Reset(Message);
        }
        else
        {
            toHost.WrittenWhileSevered = () => Reset(Message);
        }
    }

    /// <summary>Ends the bookkeeping once no end is used.</summary>
    public void ReleaseIfUnused()
    {
        if ((DialerEnd.IsClosed || _lost == _dialer) && (ListenerEnd.IsClosed || _lost == _listener))
        {
            _there.Dispose();
            _back.Dispose();
            _model.Remove(this);
        }
    }
}
