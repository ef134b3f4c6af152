namespace VggTransfer.Keras.Models;

/// <summary>How far a training has come.</summary>
/// <param name="Epoch">The epoch under way, or the next one, from 0.</param>
/// <param name="Step">Steps of it that are done.</param>
/// <param name="EpochBegun">Whether callbacks were told of its beginning.</param>
/// <param name="Stopped">Whether no step of training follows any more: a callback stopped it, or the data ended.</param>
internal sealed record TrainingPosition(int Epoch, int Step, bool EpochBegun, bool Stopped);
