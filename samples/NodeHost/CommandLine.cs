using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using PoUW.Core.Validation;
using PoUW.Network.Multiaddresses;
using PoUW.Sdk.Nodes;

namespace NodeHost;

/// <summary>Declares and reads the options.</summary>
internal static class CommandLine
{
    private const string NoRole = "none";
    private const string On = "on";
    private const string Off = "off";
    private const string ListRule = "list";
    private const int MaxEpochs = 1_000;
    private const int MaxMembers = 64;

    private static readonly SortedDictionary<string, NodeRoles> RoleNames = new(StringComparer.Ordinal)
    {
        ["client"] = NodeRoles.Client,
        [NoRole] = NodeRoles.None,
        ["validator"] = NodeRoles.Validator,
        ["worker"] = NodeRoles.Worker,
    };

    private static readonly SortedDictionary<string, AllowKind> AllowNames = new(StringComparer.Ordinal)
    {
        [ListRule] = AllowKind.List,
        ["open"] = AllowKind.Open,
        ["staked"] = AllowKind.Staked,
    };

    private static readonly Option<string[]> Roles = new("--role")
    {
        Description = "What the node does besides validating blocks; several are allowed: client, validator, worker, or none.",
        DefaultValueFactory = _ => [NoRole],
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string> Listen = new("--listen")
    {
        Description = "Where to accept connections. Port 0 lets the system pick one.",
        DefaultValueFactory = _ => "/ip4/127.0.0.1/tcp/0",
    };

    private static readonly Option<string[]> Announce = new("--announce")
    {
        Description = "Where others can dial the node, if not where it listens, such as the router's address with a forwarded port. May be given several times.",
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<string[]> Bootstrap = new("--bootstrap")
    {
        Description = "The address of a node to connect to, as its READY line prints it. May be given several times.",
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<DirectoryInfo> Data = new("--data")
    {
        Description = "Folder of the node's store and identity; created if it is not there.",
        Required = true,
    };

    private static readonly Option<string> Network = new("--network")
    {
        Description = "A JSON file with the network's parameters, or a preset: development, test, production.",
        DefaultValueFactory = _ => "development",
    };

    private static readonly Option<FileInfo> Key = new("--key") { Description = "The encrypted key file of the node's account; needs --password." };

    private static readonly Option<FileInfo> Password = new("--password") { Description = "A file whose first line is the password of --key." };

    private static readonly Option<string> Seed = new("--seed")
    {
        Description = "For development only: makes the account's key of this text. Anybody who knows the text has the key.",
    };

    private static readonly Option<string> Name = new("--name")
    {
        Description = "The node's name in its output.",
        DefaultValueFactory = _ => "node",
    };

    private static readonly Option<string[]> Allow = new("--allow")
    {
        Description = "Which peers are let in: open, staked (peers bound to an account with stake), or list FILE (one peer id a line).",
        DefaultValueFactory = _ => ["open"],
        AllowMultipleArgumentsPerToken = true,
        Arity = new ArgumentArity(1, 2),
    };

    private static readonly Option<string> Tickets = new("--tickets")
    {
        Description = "Whether a worker draws tickets from training products: on or off. The trained weights are the same bits.",
        DefaultValueFactory = _ => On,
    };

    private static readonly Option<int> Status = Ranged("--status-every", "Seconds between two status lines, 0 for none.", 5, 0, 3_600);

    private static readonly Option<int> Train = Ranged("--train", "Submits the main job with so many epochs; needs --role client.", 0, 1, MaxEpochs);

    private static readonly Option<bool> UntilInputEnds = new("--until-input-ends")
    {
        Description = "End when the standard input does, so that a program that starts nodes leaves none behind.",
    };

    private static readonly Option<FileInfo> Out = new("--out") { Description = "The file to write.", Required = true };

    private static readonly Option<string> NetworkName = new("--network-name") { Description = "The network's name.", DefaultValueFactory = _ => "local" };

    private static readonly Option<int> Validators = Ranged("--validators", "Validators with a stake.", 4, 0, MaxMembers);

    private static readonly Option<int> Workers = Ranged("--workers", "Workers with coins for their stake.", 8, 0, MaxMembers);

    private static readonly Option<int> BlockTime = Ranged("--block-time", "Mean milliseconds between two blocks.", 500, 100, 60_000);

    /// <summary>The commands with their actions, which get the options of a valid line.</summary>
    public static RootCommand Create(
        Func<HostOptions, CancellationToken, Task<int>> host, Func<NetworkFileOptions, CancellationToken, Task<int>> network)
    {
        RootCommand root = new("Runs one node of a proof-of-useful-work network. It ends at SIGTERM (exit code 0) or Ctrl+C (130).")
        {
            Roles, Listen, Announce, Bootstrap, Data, Network, Key, Password, Seed, Name, Allow, Tickets, Status, Train, UntilInputEnds,
        };
        AddChecks(root);
        root.SetAction((parsed, cancellation) => host(Read(parsed), cancellation));
        Command file = new("network", "Writes the parameters of a development network whose accounts are those of --seed client, validator-1, worker-1 ...")
        {
            Out, NetworkName, Validators, Workers, BlockTime,
        };
        file.SetAction((parsed, cancellation) => network(
            new NetworkFileOptions(
                parsed.GetValue(Out)!, parsed.GetValue(NetworkName)!, parsed.GetValue(Validators), parsed.GetValue(Workers), parsed.GetValue(BlockTime)),
            cancellation));
        root.Subcommands.Add(file);
        return root;
    }

    private static HostOptions Read(ParseResult parsed)
    {
        string[] allow = parsed.GetValue(Allow)!;
        return new HostOptions(
            parsed.GetValue(Roles)!.Aggregate(NodeRoles.None, static (roles, name) => roles | RoleNames[name]),
            Multiaddr.Parse(parsed.GetValue(Listen)!), [.. parsed.GetValue(Announce)!.Select(Multiaddr.Parse)],
            [.. parsed.GetValue(Bootstrap)!.Select(Multiaddr.Parse)],
            parsed.GetValue(Data)!, parsed.GetValue(Network)!, parsed.GetValue(Key), parsed.GetValue(Password), parsed.GetValue(Seed),
            parsed.GetValue(Name)!, new AllowRule(AllowNames[allow[0]], allow.Length == 2 ? new FileInfo(allow[1]) : null),
            parsed.GetValue(Tickets) == On, parsed.GetValue(Status), IsGiven(parsed, Train) ? parsed.GetValue(Train) : null,
            parsed.GetValue(UntilInputEnds));
    }

    private static void AddChecks(RootCommand root)
    {
        Roles.Validators.Add(result => Check(result, RoleNames.Keys));
        Tickets.Validators.Add(result => Check(result, [Off, On]));
        Listen.Validators.Add(CheckAddresses);
        Announce.Validators.Add(CheckAddresses);
        Announce.Validators.Add(CheckAnnounced);
        Bootstrap.Validators.Add(CheckAddresses);
        Allow.Validators.Add(CheckAllow);
        root.Validators.Add(CheckTogether);
    }

    private static void Check(OptionResult result, ICollection<string> values)
    {
        if (result.Tokens.FirstOrDefault(token => !values.Contains(token.Value)) is { } wrong)
        {
            result.AddError($"{result.Option.Name} is '{wrong.Value}'; allowed is {string.Join(", ", values)}.");
        }
    }

    private static void CheckAddresses(OptionResult result)
    {
        foreach (Token token in result.Tokens)
        {
            ValidationResult parsed = Multiaddr.TryParse(token.Value, out Multiaddr? address);
            if (address is null || !address.TryGetTcp(out _, out _))
            {
                string detail = parsed.IsValid ? "" : $" ({parsed.Message})";
                result.AddError($"{result.Option.Name} is '{token.Value}'; allowed is an address such as /ip4/127.0.0.1/tcp/4001{detail}.");
                return;
            }
        }
    }

    private static void CheckAnnounced(OptionResult result)
    {
        const int Most = PoUW.Network.Hosting.HostOptions.MaxAnnounced;
        if (result.Tokens.Count > Most)
        {
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"--announce is given {result.Tokens.Count} times; allowed is {Most} times."));
        }
        else if (result.Tokens.Select(static token => token.Value).FirstOrDefault(static text =>
            Multiaddr.TryParse(text, out Multiaddr? address).IsValid && (address!.Peer is not null || address.IpAddress is { } ip && IsAny(ip))) is { } wrong)
        {
            result.AddError($"--announce is '{wrong}'; allowed is an address that others can dial, without an id.");
        }
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static void CheckAllow(OptionResult result)
    {
        if (result.Tokens is not [{ Value: { } rule }, ..])
        {
            return;
        }

        if (!AllowNames.TryGetValue(rule, out AllowKind kind))
        {
            result.AddError($"--allow is '{rule}'; allowed is {string.Join(", ", AllowNames.Keys)}.");
        }
        else if ((kind == AllowKind.List) != (result.Tokens.Count == 2))
        {
            result.AddError(kind == AllowKind.List ? "--allow list needs a file with one peer id a line." : $"--allow {rule} takes no file.");
        }
    }

    private static void CheckTogether(CommandResult command)
    {
        // A role that is not known is reported by its own check.
        bool roles = command.GetResult(Roles) is { } given && given.Tokens.All(static token => RoleNames.ContainsKey(token.Value))
            && given.Tokens.Any(static token => token.Value != NoRole);
        bool client = command.GetResult(Roles) is { } role && role.Tokens.Any(static token => token.Value == "client");
        (bool key, bool password, bool seed) = (IsGiven(command, Key), IsGiven(command, Password), IsGiven(command, Seed));
        if (key && seed)
        {
            command.AddError("--key and --seed are both given; allowed is one of them.");
        }
        else if (key != password)
        {
            command.AddError(key ? "--key needs --password, a file with the key's password." : "--password is given, but no --key.");
        }
        else if (roles && !key && !seed)
        {
            command.AddError("--role needs an account: give --key, or --seed for development.");
        }
        else if (IsGiven(command, Train) && !client)
        {
            command.AddError("--train is given, but only --role client submits jobs.");
        }
    }

    private static bool IsGiven(CommandResult command, Option option) => command.GetResult(option) is { Implicit: false };

    private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    private static Option<int> Ranged(string name, string description, int standard, int min, int max)
    {
        string range = string.Create(CultureInfo.InvariantCulture, $"{min} to {max}");
        Option<int> option = new(name) { Description = $"{description} {range}.", DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { } text }]
                && (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) || value < min || value > max))
            {
                result.AddError($"{name} is {text}; allowed is {range}.");
            }
        });
        return option;
    }
}
