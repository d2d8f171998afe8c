using TrainLocally;

return await Application.RunAsync(args, Console.Out, Console.Error, CancellationToken.None);
