// Watches a folder and appends the class of each picture that appears there to a file.
using VggTransfer.Hosting;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddOptions<WatchOptions>().BindConfiguration("Watch").ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddVggImageClassifier().BindConfiguration("Classifier");
builder.Services.AddHostedService<FolderWorker>();
builder.Build().Run();
