namespace VggTransfer.Keras.Initializers;

/// <summary>
/// Keras's default for kernels: uniform within sqrt(6 / (fan in + fan out)) (Glorot and Bengio, 2010).
/// </summary>
/// <param name="seed">What the values depend on; null for the model's seed.</param>
public sealed class GlorotUniform(int? seed = null) : VarianceScaling(1, "fan_avg", "uniform", seed);

/// <summary>Truncated normal with the variance 2 / (fan in + fan out) (Glorot and Bengio, 2010).</summary>
/// <param name="seed">What the values depend on; null for the model's seed.</param>
public sealed class GlorotNormal(int? seed = null) : VarianceScaling(1, "fan_avg", "truncated_normal", seed);

/// <summary>Uniform within sqrt(6 / fan in), for layers that a ReLU follows (He et al., 2015).</summary>
/// <param name="seed">What the values depend on; null for the model's seed.</param>
public sealed class HeUniform(int? seed = null) : VarianceScaling(2, "fan_in", "uniform", seed);

/// <summary>Truncated normal with the variance 2 / fan in, for layers that a ReLU follows (He et al., 2015).</summary>
/// <param name="seed">What the values depend on; null for the model's seed.</param>
public sealed class HeNormal(int? seed = null) : VarianceScaling(2, "fan_in", "truncated_normal", seed);

/// <summary>Uniform within sqrt(3 / fan in) (LeCun et al., 1998).</summary>
/// <param name="seed">What the values depend on; null for the model's seed.</param>
public sealed class LecunUniform(int? seed = null) : VarianceScaling(1, "fan_in", "uniform", seed);

/// <summary>Truncated normal with the variance 1 / fan in (LeCun et al., 1998).</summary>
/// <param name="seed">What the values depend on; null for the model's seed.</param>
public sealed class LecunNormal(int? seed = null) : VarianceScaling(1, "fan_in", "truncated_normal", seed);
