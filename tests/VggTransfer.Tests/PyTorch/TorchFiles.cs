using System.Globalization;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.PyTorch;

/// <summary>The files of <see cref="TorchTests"/>, all written by one Python process when the first is asked for: importing torch takes seconds.</summary>
public sealed class TorchFiles : IDisposable
{
    private const string Common = """
        import sys, torch, torchvision, collections
        from torchvision.models.vgg import VGG, make_layers
        torch.manual_seed(5)
        A = [2, 'M', 4, 'M', 8, 8, 'M', 16, 16, 'M', 16, 16, 'M']
        def narrow(cfg=A, bn=False, units=6, classes=3):
            model = VGG.__new__(VGG)  # its own constructor makes 4,096 units first
            torch.nn.Module.__init__(model)
            model.features = make_layers(cfg, batch_norm=bn)
            model.avgpool = torch.nn.Identity()
            model.classifier = torch.nn.Sequential(torch.nn.Linear(16, units), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(units, units), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(units, classes))
            for module in model.modules():
                if isinstance(module, torch.nn.BatchNorm2d):
                    torch.nn.init.uniform_(module.running_mean); torch.nn.init.uniform_(module.running_var, 0.5, 2); torch.nn.init.uniform_(module.weight, 0.5, 2)
            return model.eval()
        image = torch.arange(3 * 32 * 32, dtype=torch.float32).reshape(1, 3, 32, 32) % 17 / 8 - 1
        def answer(model):
            with torch.no_grad():
                print(' '.join(repr(float(x)) for x in model.double()(image.double()).flatten()))
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<(string[] Savings, float[][] Answers)> _saved;

    public TorchFiles() => _saved = new Lazy<(string[], float[][])>(Save);

    /// <summary>What <c>answer</c> feeds the networks with.</summary>
    public static float[] Image { get; } = [.. Enumerable.Range(0, 3 * 32 * 32).Select(i => (i % 17 / 8f) - 1)];

    /// <summary>Runs a script; each line that it prints as numbers.</summary>
    public static float[][] Run(string script, params string[] arguments)
    {
        string output = PythonOracle.Run("torchvision", "python3-torchvision", Common + "\n" + script, arguments);
        return [.. output.Split('\n', StringSplitOptions.TrimEntries).SkipLast(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(number => float.Parse(number, CultureInfo.InvariantCulture)).ToArray())];
    }

    /// <summary>The file that a line of Python saved, and the logits of the network that it saved.</summary>
    public (string Path, float[] Answer) Saved(string saving)
    {
        (string[] savings, float[][] answers) = _saved.Value;
        int index = Array.IndexOf(savings, saving);
        return (_folder.File($"{index}.pth"), answers[index]);
    }

    public void Dispose() => _folder.Dispose();

    private (string[] Savings, float[][] Answers) Save()
    {
        string[] savings = [.. TorchTests.Savings.Select(row => row.Data), .. TorchTests.Refusals.Select(row => row.Data.Item1)];
        float[][] answers = Run(
            """
            for i, saving in enumerate(sys.argv[2:]):
                path, model = f'{sys.argv[1]}/{i}.pth', narrow()
                scope = dict(globals())
                exec(saving, scope)
                answer(scope['model'])
            """,
            [_folder.Path, .. savings]);
        Assert.Equal(savings.Length, answers.Length);
        return (savings, answers);
    }
}
