namespace VggTransfer.PretrainedModels;

/// <summary>Which addresses files are fetched from: https, and http only from this machine.</summary>
internal static class DownloadAddress
{
    /// <summary>What speaks against an address, as the rest of a sentence; null if nothing does.</summary>
    public static string? Fault(Uri address)
    {
        if (!address.IsAbsoluteUri)
        {
            return $"'{address.OriginalString}' isn't a whole address";
        }

        if (address.Scheme == Uri.UriSchemeHttps || IsPlainLoopback(address))
        {
            return null;
        }

        return address.Scheme == Uri.UriSchemeHttp
            ? $"'{address}' isn't protected against tampering on the way; https is needed, and http is only used on this machine"
            : $"'{address}' isn't an https address";
    }

    /// <summary>What speaks against following a redirect; null if nothing does. Nobody outside may send us to this machine's plain services.</summary>
    public static string? RedirectFault(Uri from, Uri to) =>
        Fault(to) ?? (IsPlainLoopback(to) && !IsPlainLoopback(from) ? $"'{to}' is on this machine, which '{from}' has no business with" : null);

    /// <summary>The address of a file on a mirror.</summary>
    public static Uri OnMirror(Uri mirror, string file) =>
        new(mirror.AbsoluteUri.EndsWith('/') ? mirror : new Uri(mirror.AbsoluteUri + "/"), file);

    private static bool IsPlainLoopback(Uri address) => address.Scheme == Uri.UriSchemeHttp && address.IsLoopback;
}
