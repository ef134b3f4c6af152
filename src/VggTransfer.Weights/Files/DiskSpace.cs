namespace VggTransfer.Files;

/// <summary>Room on disks.</summary>
internal static class DiskSpace
{
    /// <summary>Bytes that this user may still write below a folder; null where the system doesn't say (network shares, odd mounts).</summary>
    public static long? Free(string folder)
    {
        try
        {
            // Unix takes any path, Windows only a drive.
            return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(Path.GetFullPath(folder))! : folder).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
