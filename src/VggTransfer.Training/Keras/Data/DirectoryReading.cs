using VggTransfer.Datasets;
using VggTransfer.Images;

namespace VggTransfer.Keras.Data;

/// <summary>One call of image_dataset_from_directory (keras/utils/image_dataset.py).</summary>
internal sealed class DirectoryReading
{
    // The buffer in which each pass is mixed, in batches.
    private const int BufferedBatches = 8;

    private readonly string _directory;
    private readonly string? _labelMode;
    private readonly bool _gray;
    private readonly int _batchSize;
    private readonly (int Height, int Width) _imageSize;
    private readonly bool _shuffle;
    private readonly int? _givenSeed;
    private readonly int _seed;
    private readonly TensorFlowFit _fit;
    private readonly TextWriter _output;

    /// <exception cref="ArgumentException">An argument is unknown or out of its range.</exception>
    public DirectoryReading(
        string directory, string? labelMode, string colorMode, int batchSize, (int Height, int Width) imageSize, bool shuffle, int? seed, string interpolation, bool crop, TextWriter output)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(imageSize.Height, 1, nameof(imageSize));
        ArgumentOutOfRangeException.ThrowIfLessThan(imageSize.Width, 1, nameof(imageSize));
        ArgumentOutOfRangeException.ThrowIfNegative(seed ?? 0, nameof(seed));
        _gray = colorMode switch
        {
            "rgb" => false,
            "grayscale" => true,
            _ => throw new ArgumentException($"The colour mode is 'rgb' or 'grayscale', and '{colorMode}' was asked for.", nameof(colorMode)),
        };
        if (interpolation != "bilinear")
        {
            throw new ArgumentException($"Images are resized 'bilinear', and '{interpolation}' was asked for.", nameof(interpolation));
        }

        _directory = directory;
        _labelMode = labelMode;
        _batchSize = batchSize;
        _imageSize = imageSize;
        _shuffle = shuffle;
        _givenSeed = seed;
        _seed = seed ?? AnySeed();
        _fit = crop ? TensorFlowFit.CropToAspectRatio : TensorFlowFit.Stretch;
        _output = output;
    }

    /// <summary>A seed for those who give none, as large as Keras draws it.</summary>
    public static int AnySeed() => Random.Shared.Next(1_000_000);

    /// <summary>The files in the order of Keras, mixed where that was asked for; says how many.</summary>
    /// <exception cref="ArgumentException">Arguments don't go together.</exception>
    public ImageDirectoryIndex List(IReadOnlyList<int>? labels, IReadOnlyList<string>? classNames, double? validationSplit, bool followLinks)
    {
        if (validationSplit is not (null or (> 0 and < 1)))
        {
            throw new ArgumentOutOfRangeException(nameof(validationSplit), validationSplit, "A validation split must be above 0 and below 1.");
        }

        if (validationSplit is not null && _shuffle && _givenSeed is null)
        {
            throw new ArgumentException("A split of shuffled files needs a seed: otherwise the parts of two calls would overlap.", nameof(validationSplit));
        }

        ImageDirectoryIndex index = Find(labels, classNames, followLinks);
        _output.WriteLine($"Found {index.Files.Count} files belonging to {index.ClassNames.Count} classes.");
        return _shuffle ? index.Shuffle((uint)_seed) : index;
    }

    public ImageDirectoryIndex Training(ImageDirectoryIndex index, double split)
    {
        int validation = ForValidation(index, split);
        _output.WriteLine($"Using {index.Files.Count - validation} files for training.");
        return index.Part(0, index.Files.Count - validation);
    }

    public ImageDirectoryIndex Validation(ImageDirectoryIndex index, double split)
    {
        int validation = ForValidation(index, split);
        _output.WriteLine($"Using {validation} files for validation.");
        return index.Part(index.Files.Count - validation, validation);
    }

    public ImageDirectoryDataset Create(ImageDirectoryIndex index, bool shuffle)
    {
        if (index.Files.Count == 0)
        {
            throw new InvalidImageFolderException(_directory, "there are no images in it (bmp, gif, jpeg, jpg, png)");
        }

        var files = new ImageFiles(
            [.. index.Files.Select(file => Path.Combine(_directory, file))],
            TargetEncoding.Of(index.Labels, _labelMode, index.ClassNames.Count),
            (_imageSize.Height, _imageSize.Width, _gray ? 1 : 3),
            ImageOrientation.AsStored,
            Resize);
        SampleDataset samples = SampleDataset.Of(files);
        samples = shuffle ? samples.Shuffle(checked(_batchSize * BufferedBatches), _seed) : samples;
        return new ImageDirectoryDataset(samples.Batch(_batchSize).Prefetch(), index, _directory);
    }

    private ImageDirectoryIndex Find(IReadOnlyList<int>? labels, IReadOnlyList<string>? classNames, bool followLinks)
    {
        if (_labelMode is null)
        {
            return ImageDirectoryIndex.WithoutClasses(_directory, followLinks);
        }

        if (labels is null)
        {
            return ImageDirectoryIndex.OfClasses(_directory, classNames, followLinks);
        }

        if (classNames is { Count: > 0 })
        {
            throw new ArgumentException("Class names are for classes that come from subfolders; leave them out where labels are given.", nameof(classNames));
        }

        ImageDirectoryIndex index = ImageDirectoryIndex.WithoutClasses(_directory, followLinks);
        return labels.Count == index.Files.Count
            ? index with { Labels = labels, ClassNames = [.. labels.Distinct().Order().Select(label => label.ToString(System.Globalization.CultureInfo.InvariantCulture))] }
            : throw new ArgumentException($"There are {labels.Count} labels for {index.Files.Count} files; give one for each.", nameof(labels));
    }

    /// <summary>Keras takes a share that rounds to no file for all files, or for none; here it is refused.</summary>
    private int ForValidation(ImageDirectoryIndex index, double split)
    {
        int count = (int)(split * index.Files.Count);
        return count > 0
            ? count
            : throw new InvalidImageFolderException(_directory, $"a validation split of {split} of its {index.Files.Count} images leaves none for validation");
    }

    private float[] Resize(RgbImage image)
    {
        float[] values = TensorFlowResize.Resize(_gray ? Gray(image) : image, _imageSize.Width, _imageSize.Height, _fit);
        return _gray ? [.. values.Chunk(3).Select(pixel => pixel[0])] : values;
    }

    private static RgbImage Gray(RgbImage image)
    {
        byte[] pixels = new byte[image.Pixels.Length];
        for (int i = 0; i < pixels.Length; i += 3)
        {
            // ITU-R BT.601, in whole numbers.
            int luma = ((299 * image.Pixels[i]) + (587 * image.Pixels[i + 1]) + (114 * image.Pixels[i + 2]) + 500) / 1000;
            pixels.AsSpan(i, 3).Fill((byte)luma);
        }

        return new RgbImage(image.Width, image.Height, pixels);
    }
}
