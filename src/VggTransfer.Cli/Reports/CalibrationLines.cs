using VggTransfer.Classification;

namespace VggTransfer.Cli;

/// <summary>What a classifier's probabilities are worth, and whether it can tell pictures that are none of its classes.</summary>
internal static class CalibrationLines
{
    public static void Write(CalibrationSummary? calibration, bool tellsUnknown)
    {
        if (calibration is not null)
        {
            string which = calibration.HeldOutTrainingImages == 0 ? "validation images" : $"images, {calibration.HeldOutTrainingImages} of them training images held out in turn";
            Console.Out.WriteLine($"Probabilities calibrated on {calibration.Images} {which}: temperature {calibration.Temperature:0.00}, calibration error {ResultTable.Percent(calibration.ErrorBefore)} before, {ResultTable.Percent(calibration.ErrorAfter)} now.");
        }

        if (!tellsUnknown)
        {
            Console.Out.WriteLine("There are too few images to tell pictures that are none of the classes.");
        }
    }
}
