using NodeHost;

using StopSignals stop = StopSignals.OfProcess();
return await Application.RunAsync(args, Console.In, Console.Out, Console.Error, stop);
