using VggTransfer.PretrainedModels;

namespace VggTransfer.Tests.PretrainedModels;

public sealed class PretrainedTests : IDisposable
{
    private static readonly Uri s_nowhere = new("https://weights.example/tiny");

    private readonly PublishedFile _file = new();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => _file.Dispose();

    [Fact]
    public async Task File_put_into_the_cache_by_hand_is_used_without_the_network()
    {
        PutSource(_file.Content);

        _file.AssertReady(await Pretrained.GetAsync(PublishedFile.Name, _file.Options(s_nowhere) with { Offline = true }, cancellationToken: _cancellation));
    }

    [Fact]
    public async Task Without_the_network_the_message_says_which_file_goes_where()
    {
        var exception = await Assert.ThrowsAsync<PretrainedDownloadException>(() => Pretrained.GetAsync(PublishedFile.Name, _file.Options(s_nowhere) with { Offline = true }, cancellationToken: _cancellation));

        Assert.Equal(
            $"'vgg11-tiny' can't be fetched from https://weights.example/tiny: the network isn't to be used, and it isn't in the cache. To go on without it, download 'tiny.safetensors' elsewhere (https://weights.example/tiny) and put it at '{_file.SourcePath}'; it is used from there.",
            exception.Message);
    }

    [Fact]
    public async Task Wrong_file_put_into_the_cache_by_hand_isnt_used()
    {
        PutSource(_file.Content[1..]);

        var exception = await Assert.ThrowsAsync<PretrainedDownloadException>(() => Pretrained.GetAsync(PublishedFile.Name, _file.Options(s_nowhere) with { Offline = true }, cancellationToken: _cancellation));

        Assert.Equal($"the network isn't to be used, and of what is in the cache, the file has {_file.Content.Length - 1:N0} bytes, and {_file.Content.Length:N0} were published", exception.Reason);
    }

    [Fact]
    public async Task Wrong_file_in_the_cache_is_replaced()
    {
        PutSource(_file.Content[1..]);
        await using var server = new ScriptedServer((request, _) => request.SendFileAsync(_file.Content));

        _file.AssertReady(await Pretrained.GetAsync(PublishedFile.Name, _file.Options(server.Address("tiny")), cancellationToken: _cancellation));
    }

    [Fact]
    public async Task Another_network_than_the_catalog_says_is_refused()
    {
        PutSource(_file.Content);
        PretrainedEntry entry = _file.Entry(s_nowhere);
        entry = entry with { Architecture = entry.Architecture with { Classes = 5 } };

        var exception = await Assert.ThrowsAsync<InvalidModelFileException>(() => Pretrained.GetAsync(PublishedFile.Name, _file.Options(entry), cancellationToken: _cancellation));

        Assert.Equal("it holds VGG11, width 0.0625, and 'vgg11-tiny' should be VGG11, width 0.0625; delete it to have it fetched again", exception.Reason);
        Assert.Null(Pretrained.PathOf(PublishedFile.Name, _file.Options(entry)));
    }

    [Fact]
    public async Task Page_instead_of_a_file_without_checksum_isnt_kept()
    {
        byte[] page = System.Text.Encoding.ASCII.GetBytes("<html>" + new string('x', 200));
        await using var server = new ScriptedServer((request, _) => request.SendFileAsync(page));
        PretrainedEntry entry = _file.Entry(server.Address("tiny")) with { Sha256 = null, Bytes = null };

        await Assert.ThrowsAsync<InvalidModelFileException>(() => Pretrained.GetAsync(PublishedFile.Name, _file.Options(entry), cancellationToken: _cancellation));

        Assert.Empty(_file.Left);
    }

    [Fact]
    public async Task Source_can_be_left_out_after_the_conversion()
    {
        PutSource(_file.Content);
        PretrainedOptions options = _file.Options(s_nowhere) with { KeepSource = false };

        string path = await Pretrained.GetAsync(PublishedFile.Name, options, cancellationToken: _cancellation);

        Assert.False(File.Exists(_file.SourcePath));
        Assert.Equal(path, await Pretrained.GetAsync(PublishedFile.Name, options, cancellationToken: _cancellation));
        Assert.Equal(PretrainedVerdict.Sound, (await Pretrained.VerifyAsync(PublishedFile.Name, options, cancellationToken: _cancellation)).Verdict);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"source_bytes":1,"source_sha256":"","source_md5":"","ready_file":"../x","ready_bytes":1,"ready_sha256":""}""")]
    public async Task Damaged_record_leads_to_another_conversion(string record)
    {
        PutSource(_file.Content);
        PretrainedOptions options = _file.Options(s_nowhere) with { Offline = true };
        await Pretrained.GetAsync(PublishedFile.Name, options, cancellationToken: _cancellation);
        File.WriteAllText(Path.Combine(_file.Cache, PublishedFile.Name + ".json"), record);

        Assert.Null(Pretrained.PathOf(PublishedFile.Name, options));
        _file.AssertReady(await Pretrained.GetAsync(PublishedFile.Name, options, cancellationToken: _cancellation));
    }

    [Fact]
    public async Task Verification_tells_missing_sound_unpublished_and_damaged_apart()
    {
        PretrainedOptions options = _file.Options(s_nowhere);
        Assert.Equal(PretrainedVerdict.Missing, await VerdictAsync(options));
        PutSource(_file.Content);
        Assert.Equal(PretrainedVerdict.Sound, await VerdictAsync(options));
        string path = await Pretrained.GetAsync(PublishedFile.Name, options, cancellationToken: _cancellation);
        Assert.Equal(PretrainedVerdict.Sound, await VerdictAsync(options));
        Assert.Equal(PretrainedVerdict.Unpublished, await VerdictAsync(_file.Options(_file.Entry(s_nowhere) with { Sha256 = null })));

        byte[] converted = File.ReadAllBytes(path);
        converted[^1] ^= 1;
        File.WriteAllBytes(path, converted);
        Assert.Equal(PretrainedVerdict.Damaged, await VerdictAsync(options));
        File.Delete(path);
        PutSource(_file.Content[..^1]);
        PretrainedVerification verification = await Pretrained.VerifyAsync(PublishedFile.Name, options, cancellationToken: _cancellation);
        Assert.Equal(PretrainedVerdict.Damaged, verification.Verdict);
        Assert.Contains(_file.SourcePath, verification.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backbone_beside_the_library_is_ready_by_name()
    {
        Assert.Equal(PretrainedBackbones.Path(), await Pretrained.GetAsync("vgg16-imagenet-conv", cancellationToken: _cancellation));
        Assert.Equal(PretrainedBackbones.Path(), Pretrained.PathOf("vgg16-imagenet-conv"));
    }

    [Fact]
    public void Unknown_name_is_answered_with_the_names_there_are()
    {
        var exception = Assert.Throws<ArgumentException>(() => Pretrained.PathOf("vgg16", _file.Options(s_nowhere)));

        Assert.StartsWith("There are no pretrained weights 'vgg16'; there are vgg16-cifar10, vgg16-imagenet-conv, vgg11-tiny.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        Assert.Throws<ArgumentOutOfRangeException>("Retries", () => Pretrained.List(new PretrainedOptions { Retries = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>("FirstPause", () => Pretrained.List(new PretrainedOptions { FirstPause = TimeSpan.FromHours(2) }));
        Assert.Throws<ArgumentOutOfRangeException>("LongestPause", () => Pretrained.List(new PretrainedOptions { LongestPause = TimeSpan.FromSeconds(-1) }));
        Assert.Throws<ArgumentOutOfRangeException>("Patience", () => Pretrained.List(new PretrainedOptions { Patience = TimeSpan.Zero }));
    }

    private async Task<PretrainedVerdict> VerdictAsync(PretrainedOptions options) =>
        (await Pretrained.VerifyAsync(PublishedFile.Name, options, cancellationToken: _cancellation)).Verdict;

    private void PutSource(byte[] content)
    {
        Directory.CreateDirectory(_file.Cache);
        File.WriteAllBytes(_file.SourcePath, content);
    }
}
