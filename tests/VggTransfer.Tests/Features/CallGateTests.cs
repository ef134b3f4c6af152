using VggTransfer.Features;

namespace VggTransfer.Tests.Features;

public sealed class CallGateTests
{
    [Fact]
    public void Closing_ends_with_the_last_call_and_lets_none_begin()
    {
        var gate = new CallGate();
        CallGate.Lease first = gate.Enter(this);
        CallGate.Lease second = gate.Enter(this);

        Task closing = gate.CloseAsync();
        Assert.False(gate.TryEnter(out _));
        Assert.Contains(nameof(CallGateTests), Assert.Throws<ObjectDisposedException>(() => gate.Enter(this)).Message, StringComparison.Ordinal);
        first.Dispose();
        Assert.False(closing.IsCompleted);
        second.Dispose();

        Assert.True(closing.IsCompletedSuccessfully);
        Assert.True(gate.CloseAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public void Without_calls_it_closes_at_once() => Assert.True(new CallGate().CloseAsync().IsCompletedSuccessfully);
}
