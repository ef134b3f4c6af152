using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using VggTransfer.Classification;
using VggTransfer.Images;
using VggTransfer.Serving;

/// <summary>The API: POST /classify and GET /model.</summary>
internal static class ClassifyEndpoint
{
    /// <summary>How many classes an answer names.</summary>
    private const int Top = 5;

    /// <summary>Memory for a picture that is only announced.</summary>
    private const int FirstBuffer = 1 << 20;

    /// <summary>The code of an IOException that tells of no failure of the system, such as a full disk.</summary>
    private const int BrokenForm = unchecked((int)0x80131620);

    public static void MapClassification(this WebApplication app)
    {
        app.MapGet("/model", Model).WithSummary("What the model knows.");
        app.MapPost("/classify", PostAsync)
            .WithSummary("Classifies pictures: a form with files, or a picture as the body.")
            .Accepts<IFormFileCollection>("multipart/form-data", "image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "application/octet-stream")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .ProducesProblem(StatusCodes.Status504GatewayTimeout)
            .DisableAntiforgery();
    }

    private static ModelAnswer Model(IImageClassifier classifier)
    {
        ClassifierDescription description = classifier.Description;
        return new ModelAnswer(description.Labels, description.ValidationAccuracy, description.InputSize, description.TrainedBy);
    }

    private static async Task<Results<Ok<ClassifyAnswer>, ProblemHttpResult>> PostAsync(
        HttpRequest request, IImageClassifier classifier, IOptions<UploadOptions> options, CancellationToken cancellationToken)
    {
        List<(string Name, ReadOnlyMemory<byte> Content)> pictures = [];
        try
        {
            if (request.HasFormContentType)
            {
                IFormCollection form = await request.ReadFormAsync(cancellationToken);
                foreach (IFormFile file in form.Files)
                {
                    if (file.Length > options.Value.MaxImageBytes)
                    {
                        return Problem(StatusCodes.Status413PayloadTooLarge, $"'{file.FileName}' has {file.Length:N0} bytes; {options.Value.MaxImageBytes:N0} are allowed.");
                    }

                    await using Stream stream = file.OpenReadStream();
                    pictures.Add((file.FileName, await ReadAsync(stream, file.Length, cancellationToken)));
                }
            }
            else
            {
                request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = options.Value.MaxImageBytes;
                ReadOnlyMemory<byte> body = await ReadAsync(request.Body, Math.Min(request.ContentLength ?? 0, FirstBuffer), cancellationToken);
                if (body.Length > 0)
                {
                    pictures.Add(("picture", body));
                }
            }
        }
        catch (BadHttpRequestException e)
        {
            return Problem(e.StatusCode, e.Message);
        }
        catch (IOException e) when (e.HResult == BrokenForm)
        {
            return Problem(StatusCodes.Status400BadRequest, "The form breaks off in the middle. Send it again.");
        }
        catch (InvalidDataException e)
        {
            return Problem(StatusCodes.Status400BadRequest, e.Message);
        }

        if (pictures.Count == 0 || pictures.Count > options.Value.MaxImages)
        {
            return Problem(StatusCodes.Status400BadRequest, $"The request has {pictures.Count} pictures; send 1 to {options.Value.MaxImages}, as files of a form or one as the body.");
        }

        PictureAnswer[] answers;
        try
        {
            answers = await Task.WhenAll(pictures.Select(picture => ClassifyAsync(classifier, picture.Name, picture.Content, cancellationToken)));
        }
        catch (ClassifierOverloadedException e)
        {
            request.HttpContext.Response.Headers.RetryAfter = "1";
            return Problem(StatusCodes.Status503ServiceUnavailable, e.Message);
        }
        catch (TimeoutException e)
        {
            return Problem(StatusCodes.Status504GatewayTimeout, e.Message);
        }

        return answers.All(answer => answer.Error is not null)
            ? Problem(StatusCodes.Status422UnprocessableEntity, answers[0].Error!)
            : TypedResults.Ok(new ClassifyAnswer(answers));
    }

    private static async Task<PictureAnswer> ClassifyAsync(IImageClassifier classifier, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        try
        {
            ImagePrediction prediction = await classifier.ClassifyAsync(content, name, cancellationToken);
            return new PictureAnswer(name, prediction.IsUnknown ? null : prediction.Label, prediction.Probability, [.. prediction.Top(Top)], Error: null);
        }
        catch (InvalidImageException e)
        {
            return new PictureAnswer(name, Label: null, Probability: 0, [], e.Message);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream stream, long expected, CancellationToken cancellationToken)
    {
        var content = new MemoryStream((int)expected);
        await stream.CopyToAsync(content, cancellationToken);
        return content.GetBuffer().AsMemory(0, (int)content.Length);
    }

    private static ProblemHttpResult Problem(int status, string detail) => TypedResults.Problem(detail, statusCode: status);
}

/// <summary>The answer to GET /model.</summary>
internal sealed record ModelAnswer(IReadOnlyList<string> Labels, double ValidationAccuracy, int InputSize, string TrainedBy);

/// <summary>The answer to POST /classify: a result for each picture, in the order in which they were sent.</summary>
internal sealed record ClassifyAnswer(IReadOnlyList<PictureAnswer> Results);

/// <summary>What was seen in a picture; no label for one that is none of the classes.</summary>
internal sealed record PictureAnswer(string Name, string? Label, double Probability, IReadOnlyList<ClassProbability> Classes, string? Error);
