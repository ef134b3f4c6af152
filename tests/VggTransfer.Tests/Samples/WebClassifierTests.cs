using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using VggTransfer.Classification;
using VggTransfer.Tests.Cli;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Samples;

/// <summary>The web sample as a process, over HTTP. Oracle: <see cref="ImageClassifier"/> in this process.</summary>
[Collection(CliTests.Name)]
public sealed class WebClassifierTests(CliFixture fixture)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pictures_in_a_form_or_as_the_body_get_what_the_library_says()
    {
        using Service service = Start();
        string[] paths = [Path.Combine(fixture.TestPhotos, "circles", "00.png"), Path.Combine(fixture.TestPhotos, "stripes", "01.png")];
        using ImageClassifier classifier = ImageClassifier.Load(fixture.Model);

        JsonElement results = (await service.PostFormAsync(paths, HttpStatusCode.OK)).GetProperty("results");
        Assert.Equal(paths.Length, results.GetArrayLength());
        foreach ((int i, string path) in paths.Index())
        {
            ImagePrediction expected = classifier.Classify(path);
            Assert.Equal(Path.GetFileName(path), results[i].GetProperty("name").GetString());
            Assert.Equal(expected.Label, results[i].GetProperty("label").GetString());
            Assert.Equal(expected.Probability, results[i].GetProperty("probability").GetDouble(), 1e-6);
            Assert.Equal(expected.Classes.Select(probability => probability.Label), results[i].GetProperty("classes").EnumerateArray().Select(item => item.GetProperty("label").GetString()!));
        }

        JsonElement single = await service.PostBodyAsync(await File.ReadAllBytesAsync(paths[0], Cancelled), "image/png", HttpStatusCode.OK);
        Assert.Equal(results[0].GetProperty("label").GetString(), single.GetProperty("results")[0].GetProperty("label").GetString());
    }

    [Fact]
    public async Task What_no_picture_is_gets_problem_details_and_leaves_the_service_well()
    {
        using Service service = Start("--Uploads:MaxImageBytes=20000", "--Uploads:MaxImages=2");
        byte[] picture = await File.ReadAllBytesAsync(Path.Combine(fixture.TestPhotos, "circles", "00.png"), Cancelled);

        JsonElement broken = await service.PostBodyAsync(picture[..(picture.Length / 2)], "image/png", HttpStatusCode.UnprocessableEntity);
        Assert.EndsWith(".", broken.GetProperty("detail").GetString(), StringComparison.Ordinal);
        await service.PostBodyAsync("<html>"u8.ToArray(), "image/png", HttpStatusCode.UnprocessableEntity);
        await service.PostBodyAsync(Bomb(), "image/png", HttpStatusCode.UnprocessableEntity);
        await service.PostBodyAsync([], "image/png", HttpStatusCode.BadRequest);
        await service.PostBodyAsync(picture, "text/plain", HttpStatusCode.UnsupportedMediaType);
        await service.PostBodyAsync(new byte[20_001], "image/png", HttpStatusCode.RequestEntityTooLarge);
        byte[] unended = [.. "--x\r\nContent-Disposition: form-data; name=images; filename=a\r\n\r\n"u8, .. picture];
        await service.PostBodyAsync(unended, "multipart/form-data; boundary=x", HttpStatusCode.BadRequest);
        string photo = Path.Combine(fixture.TestPhotos, "circles", "00.png");
        await service.PostFormAsync([photo, photo, photo], HttpStatusCode.BadRequest);

        // Of several, one that can be read is enough.
        JsonElement results = (await service.PostFormAsync([photo, Path.Combine(AppContext.BaseDirectory, "xunit.runner.json")], HttpStatusCode.OK, allowMissing: true)).GetProperty("results");
        Assert.Equal("circles", results[0].GetProperty("label").GetString());
        Assert.NotNull(results[1].GetProperty("error").GetString());
        Assert.Equal("Healthy", await service.Client.GetStringAsync("health", Cancelled));
    }

    [Theory]
    [InlineData("--Uploads:MaxRequests=1")]
    [InlineData("--Uploads:MaxBytes=20000", "--Uploads:MaxRequestBytes=20000", "--Uploads:MaxImageBytes=20000")]
    public async Task A_full_service_refuses_at_once_and_recovers(params string[] limits)
    {
        using Service service = Start(limits);
        byte[] picture = await File.ReadAllBytesAsync(Path.Combine(fixture.TestPhotos, "circles", "00.png"), Cancelled);
        HttpResponseMessage? refused = null;
        for (int i = 0; refused is null && i < 20; i++)
        {
            // A client that promises a picture and keeps it back. Where the picture below comes first, it is refused itself.
            using var slow = new TcpClient();
            await slow.ConnectAsync(service.Client.BaseAddress!.Host, service.Client.BaseAddress.Port, Cancelled);
            await slow.GetStream().WriteAsync(Encoding.ASCII.GetBytes("POST /classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 20000\r\n\r\n"), Cancelled);
            await Task.Delay(100 * (i + 1), Cancelled);
            HttpResponseMessage response = await service.SendBodyAsync(picture, "image/png");
            refused = response.StatusCode == HttpStatusCode.ServiceUnavailable ? response : null;
        }

        Assert.NotNull(refused);
        Assert.Equal("1", refused.Headers.GetValues("Retry-After").Single());
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType!.MediaType);
        await UntilAsync(service, picture, HttpStatusCode.OK);
    }

    [Fact]
    public async Task Page_model_and_description_of_the_api_are_served()
    {
        using Service service = Start();

        Assert.Contains("Drop pictures here", await service.Client.GetStringAsync("", Cancelled), StringComparison.Ordinal);
        JsonElement model = await service.Client.GetFromJsonAsync<JsonElement>("model", Cancelled);
        Assert.Equal(DrawnPhotos.Classes, model.GetProperty("labels").EnumerateArray().Select(label => label.GetString()));
        JsonElement description = await service.Client.GetFromJsonAsync<JsonElement>("openapi/v1.json", Cancelled);
        Assert.True(description.GetProperty("paths").GetProperty("/classify").GetProperty("post").GetProperty("requestBody").GetProperty("content").TryGetProperty("multipart/form-data", out _));
        Assert.Equal(0, service.Process.Stop());
    }

    private static async Task<HttpResponseMessage> UntilAsync(Service service, byte[] picture, HttpStatusCode status)
    {
        for (int i = 0; i < 100; i++)
        {
            HttpResponseMessage response = await service.SendBodyAsync(picture, "image/png");
            if (response.StatusCode == status)
            {
                return response;
            }

            await Task.Delay(50, Cancelled);
        }

        throw new InvalidOperationException($"The service never answered {status}.");
    }

    /// <summary>A PNG of a hundred bytes that claims 3.6 thousand million pixels.</summary>
    private static byte[] Bomb()
    {
        byte[] bomb = [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, 0, 0, 0, 13, (byte)'I', (byte)'H', (byte)'D', (byte)'R', 0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 2, 0, 0, 0, .. new byte[70]];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bomb.AsSpan(29), System.IO.Hashing.Crc32.HashToUInt32(bomb.AsSpan(12, 17)));
        return bomb;
    }

    private Service Start(params string[] arguments) =>
        new(SampleProcess.Start("WebClassifier", Path.Combine(Repository.Root, "samples", "WebClassifier"), ["--urls", "http://127.0.0.1:0", "--Classifier:ModelPath", fixture.Model, .. arguments]));

    private sealed class Service : IDisposable
    {
        public Service(SampleProcess process)
        {
            Process = process;
            string line = process.WaitFor("Now listening on: ");
            Client = new HttpClient { BaseAddress = new Uri(line[(line.IndexOf("http", StringComparison.Ordinal))..].Trim() + "/") };
        }

        public SampleProcess Process { get; }

        public HttpClient Client { get; }

        public async Task<JsonElement> PostFormAsync(string[] paths, HttpStatusCode status, bool allowMissing = false)
        {
            using var form = new MultipartFormDataContent();
            foreach (string path in paths)
            {
                form.Add(new ByteArrayContent(allowMissing && !File.Exists(path) ? [1, 2, 3] : await File.ReadAllBytesAsync(path, Cancelled)), "images", Path.GetFileName(path));
            }

            return await ReadAsync(await Client.PostAsync("classify", form, Cancelled), status);
        }

        public async Task<JsonElement> PostBodyAsync(byte[] body, string type, HttpStatusCode status) => await ReadAsync(await SendBodyAsync(body, type), status);

        public async Task<HttpResponseMessage> SendBodyAsync(byte[] body, string type)
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
            return await Client.PostAsync("classify", content, Cancelled);
        }

        public void Dispose()
        {
            Client.Dispose();
            Process.Dispose();
        }

        private async Task<JsonElement> ReadAsync(HttpResponseMessage response, HttpStatusCode status)
        {
            string text = await response.Content.ReadAsStringAsync(Cancelled);
            Assert.True(status == response.StatusCode, $"{response.StatusCode} instead of {status}: {text}\n{string.Join('\n', Process.Printed)}");
            return JsonDocument.Parse(text).RootElement;
        }
    }
}
