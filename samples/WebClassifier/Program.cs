// A web service that classifies pictures: a page to drop them on, POST /classify for programs, OpenAPI at /openapi/v1.json.
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using VggTransfer.Hosting;
using VggTransfer.Serving;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddOptions<UploadOptions>().BindConfiguration("Uploads").ValidateDataAnnotations().ValidateOnStart();
UploadOptions uploads = builder.Configuration.GetSection("Uploads").Get<UploadOptions>() ?? new UploadOptions();

// One classifier for all requests; requests that come together go through the network together.
builder.Services.AddVggImageClassifier(classifier => classifier.Running = classifier.Running with
{
    MicroBatching = new MicroBatchingOptions { WhenFull = QueueFullBehavior.Reject },
    MaxBytes = uploads.MaxImageBytes,
    Timeout = TimeSpan.FromSeconds(uploads.TimeoutSeconds),
}).BindConfiguration("Classifier");
builder.Services.AddHealthChecks().Add(ImageClassifierHealthCheck.Registration());
builder.Services.AddOpenApi();
builder.Services.AddProblemDetails();

// What is too large, too slow or too much is refused before it costs anything.
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Limits.MaxRequestBodySize = uploads.MaxRequestBytes;
    kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(uploads.MinBytesPerSecond, gracePeriod: TimeSpan.FromSeconds(5));
    kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
});
builder.Services.Configure<FormOptions>(form =>
{
    form.MultipartBodyLengthLimit = uploads.MaxRequestBytes;
    form.ValueCountLimit = 10;
});
builder.Services.AddRequestTimeouts(timeouts => timeouts.DefaultPolicy = new RequestTimeoutPolicy
{
    Timeout = TimeSpan.FromSeconds(uploads.TimeoutSeconds),
    TimeoutStatusCode = StatusCodes.Status504GatewayTimeout,
});
builder.Services.AddRateLimiter(limiter => UploadLimits.Use(limiter, uploads));

WebApplication app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages();
app.Use((context, next) =>
{
    context.Response.Headers.ContentSecurityPolicy = "default-src 'self'; img-src 'self' blob: data:";
    context.Response.Headers.XContentTypeOptions = "nosniff";
    return next(context);
});
app.UseDefaultFiles();
app.UseStaticFiles();
app.UseRateLimiter();
app.UseUploadBudget(uploads);
app.UseRequestTimeouts();
app.MapOpenApi();
app.MapHealthChecks("/health");
app.MapClassification();
app.Run();
