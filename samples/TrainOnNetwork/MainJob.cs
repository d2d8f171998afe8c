using System.Diagnostics;
using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Economics.Jobs;
using PoUW.Sdk.Jobs;
using PoUW.Training.Clients;
using PoUW.Vm.Programs;
using PoUW.Vm.Text;
using Samples.Shared.Jobs;
using Spectre.Console;
using TrainOnNetwork.HtmlReport;

namespace TrainOnNetwork;

/// <summary>The main job: starts the network, submits the training job, follows it, and reports.</summary>
internal sealed class MainJob(TrainOptions options, IAnsiConsole console)
{
    private const int TestsPerRun = 8;

    public async Task RunAsync(CancellationToken cancellation)
    {
        if (options.Liars < 0 || options.Liars >= options.Workers)
        {
            throw new SampleException($"--liars is {options.Liars}; allowed is 0 to {options.Workers - 1}, so that an honest worker is left.");
        }

        (Dataset train, Dataset test) = await ImageSource.LoadAsync(options.Data, cancellation);
        TrainingRequest request = ImageJob.CreateRequest(options.Model, train, options.Seed, options.Epochs);
        if (options.ShowProgram)
        {
            ShowProgram(request);
            return;
        }

        PrepareFolder();
        long started = Stopwatch.GetTimestamp();
        Warnings warnings = new();
        await using SampleNetwork network = await SampleNetwork.StartAsync(options, warnings, cancellation);
        TrainingJob job = await network.Client.SubmitJobAsync(request);
        RunLog log = new();
        using (ProgressView view = ProgressView.Start(console, options, network, job))
        {
            await FollowAsync(job, view, log, new RestartPlan(options, network), test, cancellation);
        }

        TrainedModel model = await job.LoadModelAsync(cancellation);
        string modelPath = Path.Combine(options.Out.FullName, "model.safetensors");
        model.SaveSafetensors(modelPath);
        await WaitForAgreementAsync(network, job, cancellation);
        Report report = Report.Create(options, network, job, model, model.Evaluate(test), Stopwatch.GetElapsedTime(started));
        string reportPath = Path.Combine(options.Out.FullName, "report.html");
        HtmlReportWriter.Save(new ReportPage(report, log, network).Build(), reportPath);
        report.Print(console, options, modelPath, reportPath, warnings);
    }

    private static void ShowProgram(TrainingRequest request)
    {
        PoUW.Core.Validation.ValidationResult result = ModelCompiler.TryCompile(request.Model, request.Data.Count, VmLimits.Default, out CompiledModel? model);
        Console.Out.Write(result.IsValid ? Disassembler.Write(model!.Program.Program) : throw new SampleException(result.ToString()));
    }

    private void PrepareFolder()
    {
        try
        {
            Directory.CreateDirectory(Path.Combine(options.Out.FullName, "nodes"));
            string probe = Path.Combine(options.Out.FullName, ".write-probe");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SampleException($"--out: the folder '{options.Out.FullName}' cannot be written: {failure.Message}");
        }
    }

    private static async Task FollowAsync(
        TrainingJob job, ProgressView view, RunLog log, RestartPlan restarts, Dataset test, CancellationToken cancellation)
    {
        ulong roundsPerTest = Math.Max(1, job.Manifest.RoundCount / TestsPerRun);
        ulong tested = 0;
        await foreach (JobProgress progress in job.FollowAsync(cancellation))
        {
            view.Show(progress);
            log.Add(progress);
            if (!progress.IsEnded)
            {
                await restarts.RunAsync(progress, job.Manifest.RoundCount, cancellation);
            }

            if (progress is { IsEnded: false, Job.Round: { } round } && round >= tested + roundsPerTest)
            {
                tested = round;
                EvaluationResult result = (await job.LoadModelAsync(cancellation)).Evaluate(test);
                view.ShowTest(round, result);
                log.Add(round, result);
            }
        }
    }

    /// <summary>Every node must come to the same end: the job closed in its own state.</summary>
    private static async Task WaitForAgreementAsync(SampleNetwork network, TrainingJob job, CancellationToken cancellation)
    {
        foreach (PoUW.Sdk.Nodes.PouwNode node in network.Nodes)
        {
            while (true)
            {
                PoUW.Training.Ledger.LedgerView view = node.View;
                if (JobLedger.GetJob(view.State, job.Id) is { IsOpen: false })
                {
                    break;
                }

                await node.WaitForChangeAsync(view, cancellation);
            }
        }
    }
}
