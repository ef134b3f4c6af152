using System.Diagnostics.CodeAnalysis;

namespace VggTransfer.Images;

/// <summary>
/// A way of getting a square network input from a photo of any shape. Its <see cref="Id"/> is written into model files and
/// does not change between versions.
/// </summary>
public sealed record ResizeRecipe
{
    private enum Kind
    {
        ShorterSideCrop,
        Stretch,
        KeepAspect,
        MlNetCrop,
    }

    private readonly Kind _kind;
    private readonly ResizeFilter _filter;

    private ResizeRecipe(string id, Kind kind, ResizeFilter filter)
    {
        Id = id;
        _kind = kind;
        _filter = filter;
    }

    /// <summary>
    /// torchvision and timm: the shorter side becomes size * 256 / 224 (truncated; 256 for 224) with antialiased bilinear
    /// interpolation, the longer in proportion (truncated), and the centre is cut out, halves rounded to even. Id
    /// <c>shorter-side-crop</c>.
    /// </summary>
    public static ResizeRecipe ShorterSideCrop { get; } = new("shorter-side-crop", Kind.ShorterSideCrop, ResizeFilter.Bilinear);

    /// <summary>ML.NET: <c>ResizeImages</c> with <c>IsoCrop</c> and the centre as anchor, pixel for pixel. Id <c>mlnet-crop</c>.</summary>
    public static ResizeRecipe MlNetCrop { get; } = new("mlnet-crop", Kind.MlNetCrop, ResizeFilter.Bicubic);

    /// <summary>Every recipe.</summary>
    public static IReadOnlyList<ResizeRecipe> All { get; } =
    [
        ShorterSideCrop,
        .. Enum.GetValues<ResizeFilter>().Select(f => new ResizeRecipe($"stretch-{Name(f)}", Kind.Stretch, f)),
        .. Enum.GetValues<ResizeFilter>().Select(f => new ResizeRecipe($"keep-aspect-{Name(f)}", Kind.KeepAspect, f)),
        MlNetCrop,
    ];

    /// <summary>The stable name, such as <c>stretch-nearest</c>.</summary>
    public string Id { get; }

    /// <summary>Whether this is ML.NET's resize, which works on premultiplied pixels of its own.</summary>
    internal bool IsMlNet => _kind == Kind.MlNetCrop;

    /// <summary>Whether every pixel of the source counts, however much it shrinks.</summary>
    internal bool IsAntialiased => _kind == Kind.MlNetCrop || _filter != ResizeFilter.Nearest;

    /// <summary>The filter of Pillow's resize.</summary>
    internal ResizeFilter Filter => _filter;

    /// <summary>
    /// Keras' <c>load_img(target_size=..., interpolation=...)</c>: the whole photo, its proportions given up. Keras' default
    /// is <see cref="ResizeFilter.Nearest"/>. Ids <c>stretch-nearest</c>, <c>-bilinear</c>, <c>-bicubic</c>, <c>-lanczos</c>.
    /// </summary>
    /// <param name="filter">Keras' <c>interpolation</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The filter is unknown.</exception>
    public static ResizeRecipe Stretch(ResizeFilter filter) => Find(Kind.Stretch, filter);

    /// <summary>
    /// Keras' <c>load_img(..., keep_aspect_ratio=True)</c>: the largest centred square, resized. Ids
    /// <c>keep-aspect-nearest</c> and so on.
    /// </summary>
    /// <param name="filter">Keras' <c>interpolation</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The filter is unknown.</exception>
    public static ResizeRecipe KeepAspect(ResizeFilter filter) => Find(Kind.KeepAspect, filter);

    /// <summary>Finds the recipe of an id; upper and lower case differ.</summary>
    /// <param name="id">A recipe's <see cref="Id"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="id"/> is null.</exception>
    /// <exception cref="FormatException">There is no such recipe.</exception>
    public static ResizeRecipe Parse(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return TryParse(id, out ResizeRecipe? recipe)
            ? recipe
            : throw new FormatException($"'{id}' is not a resize recipe; there are {string.Join(", ", All.Select(r => r.Id))}.");
    }

    /// <summary>Finds the recipe of an id; upper and lower case differ.</summary>
    /// <param name="id">A recipe's <see cref="Id"/>.</param>
    /// <param name="recipe">The recipe, or null.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryParse([NotNullWhen(true)] string? id, [NotNullWhen(true)] out ResizeRecipe? recipe)
    {
        recipe = All.FirstOrDefault(r => r.Id == id);
        return recipe is not null;
    }

    /// <summary>Makes the network's input from a decoded image.</summary>
    /// <param name="image">The photo, of any shape.</param>
    /// <param name="size">Side of the result in pixels, 1 to 8192.</param>
    /// <returns>An image of <paramref name="size"/> x <paramref name="size"/> pixels.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="image"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is out of range.</exception>
    public RgbImage Apply(RgbImage image, int size)
    {
        ArgumentNullException.ThrowIfNull(image);
        ImagePreparation.CheckSize(size);
        byte[] rgb = new byte[size * size * 3];
        ImagePreparation.Prepare(image, this, size, rgb);
        return new RgbImage(size, size, rgb);
    }

    /// <summary>The <see cref="Id"/>.</summary>
    public override string ToString() => Id;

    /// <summary>How many pixels the source's shorter side becomes, or at least counts for.</summary>
    internal long ShorterSide(int size) => _kind == Kind.ShorterSideCrop ? (long)size * 256 / 224 : size;

    /// <summary>What of the source is resized to what, and which part of that is the input.</summary>
    internal ResizeWindow Plan(int width, int height, int size)
    {
        switch (_kind)
        {
            case Kind.ShorterSideCrop:
                long shorter = ShorterSide(size);
                long fullWidth = width <= height ? shorter : shorter * width / height;
                long fullHeight = width <= height ? shorter * height / width : shorter;
                return new ResizeWindow(
                    new ResizeBox(0, 0, width, height), fullWidth, fullHeight, HalfToEven(fullWidth - size), HalfToEven(fullHeight - size), size, size);

            case Kind.KeepAspect:
                int side = Math.Min(width, height);
                int left = (width - side) / 2, top = (height - side) / 2;
                return ResizeWindow.Whole(new ResizeBox(left, top, left + side, top + side), size, size);

            case Kind.Stretch:
                return ResizeWindow.Whole(width, height, size, size);

            default:
                throw new InvalidOperationException($"{Id} is not one of Pillow's resizes.");
        }
    }

    // Python's round: the crop's margin is half of an integer, and .5 goes to the even neighbour.
    private static long HalfToEven(long twice) => (twice / 2) + ((twice & 3) == 3 ? 1 : 0);

    private static ResizeRecipe Find(Kind kind, ResizeFilter filter) =>
        All.FirstOrDefault(r => r._kind == kind && r._filter == filter)
            ?? throw new ArgumentOutOfRangeException(nameof(filter), filter, "The filter is not a member of ResizeFilter.");

    private static string Name(ResizeFilter filter) => filter switch
    {
        ResizeFilter.Nearest => "nearest",
        ResizeFilter.Bilinear => "bilinear",
        ResizeFilter.Bicubic => "bicubic",
        _ => "lanczos",
    };
}
