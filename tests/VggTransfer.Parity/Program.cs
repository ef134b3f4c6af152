using System.CommandLine;
using VggTransfer.Parity;
using VggTransfer.Parity.Features;
using VggTransfer.Parity.Images;
using VggTransfer.Parity.Keras;
using VggTransfer.Parity.Weights;

RootCommand root = new("Compares VggTransfer with what the reference tools produced.")
{
    ImagesCommand.Create(),
    FeaturesCommand.Create(),
    WeightsCommand.Create(),
    KerasCommand.Create(),
};

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors)
    {
        Console.Error.WriteLine(error.Message);
    }

    return ExitCodes.WrongUsage;
}

return parsed.Invoke();
