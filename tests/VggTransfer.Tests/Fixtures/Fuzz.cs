
namespace VggTransfer.Tests.Fixtures;

/// <summary>What every fuzz run holds a reader of weights to.</summary>
internal static class Fuzz
{
    /// <summary>Whether an input was read; otherwise it must be refused by the documented exception, in one bounded sentence.</summary>
    public static bool IsRead(int input, Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (InvalidModelFileException exception)
        {
            Assert.DoesNotContain('\n', exception.Message);
            Assert.True(exception.Message.Length < 2_500, exception.Message);
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
            Assert.Fail($"input {input}: {exception}");
        }

        return false;
    }
}
