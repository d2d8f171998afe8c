namespace PoUW.Vm.Arithmetic;

/// <summary>
/// The numbers in <see cref="Fp32"/>. They are part of the specification: each is the binary64 value nearest to its decimal text.
/// The polynomials are minimax approximations (Remez exchange, 40 digits, then rounded); the number behind a name is the power that the
/// coefficient belongs to.
/// </summary>
public static class Fp32Coefficients
{
    /// <summary>log2(e).</summary>
    public const double Log2E = 1.4426950408889634;

    /// <summary>ln(2).</summary>
    public const double Ln2 = 0.6931471805599453;

    /// <summary>2 pi.</summary>
    public const double TwoPi = 6.283185307179586;

    /// <summary>1.5 * 2^52: a sum of it and a number below 2^51 is rounded to an integer, which stands in its low bits.</summary>
    public const double RoundToInteger = 6755399441055744.0;

    /// <summary>2^52 + 1023: what is to be taken from 2^52 + (biased exponent) to get the exponent.</summary>
    public const double LogBias = 4503599627371519.0;

    /// <summary>Below it e^x rounds to +0.</summary>
    public const double ExpLowest = -110;

    /// <summary>Above it e^x is infinite.</summary>
    public const double ExpHighest = 90;

    /// <summary>Beyond it sigmoid is +0 or 1.</summary>
    public const double SigmoidLimit = 110;

    /// <summary>Above it tanh is 1.</summary>
    public const double TanhLimit = 10;

    /// <summary>Beyond it x Phi(x) and its derivative are a zero, or x and 1.</summary>
    public const double NormalLimit = 15;

    /// <summary>Above it erf is 1.</summary>
    public const double ErfLimit = 4;

    /// <summary>2^24: from here every binary32 number is a whole number of turns.</summary>
    public const double WholeTurns = 16777216;

    /// <summary>The a above 0 where Phi(-a) = a phi(a), the zero of GELU's gradient, high part.</summary>
    public const double SlopeZero = 0.7517915246935645;

    /// <summary>SlopeZero, low part.</summary>
    public const double SlopeZeroLow = -1.4956759177009883e-17;

    /// <summary>The bits of sqrt(1/2), the lower end of the mantissas that the logarithm sees.</summary>
    public const long SqrtHalfBits = 0x3FE6A09E667F3BCD;

    /// <summary>The bits of 1.0.</summary>
    public const long OneBits = 0x3FF0000000000000;

    /// <summary>The bits of a mantissa.</summary>
    public const long MantissaMask = 0x000FFFFFFFFFFFFF;

    /// <summary>The bits of 2^52.</summary>
    public const long TwoTo52Bits = 0x4330000000000000;

    /// <summary>Power 0 of the polynomial of (e^r - 1 - r) / r^2 for |r| up to ln 2 / 2.</summary>
    /// <remarks>The polynomial makes a relative error of 2^-43.3 in the result.</remarks>
    public const double ExpP0 = 0.4999999999977021;

    /// <summary>Power 1 of the polynomial of <see cref="ExpP0"/>.</summary>
    public const double ExpP1 = 0.16666666666562246;

    /// <summary>Power 2 of the polynomial of <see cref="ExpP0"/>.</summary>
    public const double ExpP2 = 0.04166666691372128;

    /// <summary>Power 3 of the polynomial of <see cref="ExpP0"/>.</summary>
    public const double ExpP3 = 0.008333333423214281;

    /// <summary>Power 4 of the polynomial of <see cref="ExpP0"/>.</summary>
    public const double ExpP4 = 0.0013888817219977591;

    /// <summary>Power 5 of the polynomial of <see cref="ExpP0"/>.</summary>
    public const double ExpP5 = 0.00019841074144591057;

    /// <summary>Power 6 of the polynomial of <see cref="ExpP0"/>.</summary>
    public const double ExpP6 = 2.4878580516731743e-05;

    /// <summary>Power 7 of the polynomial of <see cref="ExpP0"/>.</summary>
    public const double ExpP7 = 2.769751662322718e-06;

    /// <summary>Power 0 of the polynomial of (ln((1 + s) / (1 - s)) - 2 s) / s^3, in z = s^2,
    /// for |s| up to 0.1716.</summary>
    /// <remarks>The polynomial makes a relative error of 2^-44.9 in the result.</remarks>
    public const double LogP0 = 0.6666666667581463;

    /// <summary>Power 1 of the polynomial of <see cref="LogP0"/>.</summary>
    public const double LogP1 = 0.39999995616877076;

    /// <summary>Power 2 of the polynomial of <see cref="LogP0"/>.</summary>
    public const double LogP2 = 0.28572109715097577;

    /// <summary>Power 3 of the polynomial of <see cref="LogP0"/>.</summary>
    public const double LogP3 = 0.2217616417787874;

    /// <summary>Power 4 of the polynomial of <see cref="LogP0"/>.</summary>
    public const double LogP4 = 0.19584521882916592;

    /// <summary>Power 0 of the polynomial of (sin(2 pi r) - 2 pi r) / r^3, in z = r^2,
    /// for |r| up to 1/8.</summary>
    /// <remarks>The polynomial makes a relative error of 2^-47.4 in the result.</remarks>
    public const double SinP0 = -41.34170224031284;

    /// <summary>Power 1 of the polynomial of <see cref="SinP0"/>.</summary>
    public const double SinP1 = 81.60524919718456;

    /// <summary>Power 2 of the polynomial of <see cref="SinP0"/>.</summary>
    public const double SinP2 = -76.70583649770683;

    /// <summary>Power 3 of the polynomial of <see cref="SinP0"/>.</summary>
    public const double SinP3 = 42.05570122838305;

    /// <summary>Power 4 of the polynomial of <see cref="SinP0"/>.</summary>
    public const double SinP4 = -14.919660429391929;

    /// <summary>Power 0 of the polynomial of (cos(2 pi r) - 1) / r^2, in z = r^2,
    /// for |r| up to 1/8.</summary>
    /// <remarks>The polynomial makes a relative error of 2^-43.4 in the result.</remarks>
    public const double CosP0 = -19.739208801999144;

    /// <summary>Power 1 of the polynomial of <see cref="CosP0"/>.</summary>
    public const double CosP1 = 64.93939385967201;

    /// <summary>Power 2 of the polynomial of <see cref="CosP0"/>.</summary>
    public const double CosP2 = -85.45676915369872;

    /// <summary>Power 3 of the polynomial of <see cref="CosP0"/>.</summary>
    public const double CosP3 = 60.238456502708;

    /// <summary>Power 4 of the polynomial of <see cref="CosP0"/>.</summary>
    public const double CosP4 = -26.064525280482364;

    /// <summary>Power 0 of the polynomial of (a + 4) Phi(-a) e^(a^2 / 2), in t = 1 - 8 / (a + 4),
    /// for a from 0 to 15.</summary>
    /// <remarks>
    /// The polynomial makes a relative error of 2^-40.0 in the result. Its power 0 is moved so that it gives 2, and Phi(0) is 1/2, exactly at a = 0.
    /// </remarks>
    public const double TailP0 = 0.7552851304154271;

    /// <summary>Power 1 of the polynomial of <see cref="TailP0"/>.</summary>
    public const double TailP1 = -0.6078966419743449;

    /// <summary>Power 2 of the polynomial of <see cref="TailP0"/>.</summary>
    public const double TailP2 = 0.3871374007140592;

    /// <summary>Power 3 of the polynomial of <see cref="TailP0"/>.</summary>
    public const double TailP3 = -0.186521857775011;

    /// <summary>Power 4 of the polynomial of <see cref="TailP0"/>.</summary>
    public const double TailP4 = 0.06039657594362984;

    /// <summary>Power 5 of the polynomial of <see cref="TailP0"/>.</summary>
    public const double TailP5 = -0.007540192627321326;

    /// <summary>Power 6 of the polynomial of <see cref="TailP0"/>.</summary>
    public const double TailP6 = -0.003479708322642893;

    /// <summary>Power 7 of the polynomial of <see cref="TailP0"/>.</summary>
    public const double TailP7 = 0.0016308463031382049;

    /// <summary>Power 8 of the polynomial of <see cref="TailP0"/>.</summary>
    public const double TailP8 = 0.00013346661886985;

    /// <summary>Power 9 of the polynomial of <see cref="TailP0"/>.</summary>
    public const double TailP9 = -0.0002311695225980963;

    /// <summary>Power 10 of the polynomial of <see cref="TailP0"/>.</summary>
    public const double TailP10 = -2.4052050561629806e-06;

    /// <summary>Power 11 of the polynomial of <see cref="TailP0"/>.</summary>
    public const double TailP11 = 3.5064220864234076e-05;

    /// <summary>Power 12 of the polynomial of <see cref="TailP0"/>.</summary>
    public const double TailP12 = 1.711399456753e-06;

    /// <summary>Power 13 of the polynomial of <see cref="TailP0"/>.</summary>
    public const double TailP13 = -5.18213344063115e-06;

    /// <summary>Power 14 of the polynomial of <see cref="TailP0"/>.</summary>
    public const double TailP14 = -1.3050724571289368e-06;

    /// <summary>Power 0 of the polynomial of (Phi(-a) e^(a^2 / 2) - a / sqrt(2 pi)) / (SlopeZero - a), in t = 1 - 8 / (a + 4),
    /// for a from 0 to 15.</summary>
    /// <remarks>The polynomial makes a relative error of 2^-40.8 in the result.</remarks>
    public const double SlopeP0 = 0.46221124404975006;

    /// <summary>Power 1 of the polynomial of <see cref="SlopeP0"/>.</summary>
    public const double SlopeP1 = -0.10336589852497989;

    /// <summary>Power 2 of the polynomial of <see cref="SlopeP0"/>.</summary>
    public const double SlopeP2 = 0.06046293673757571;

    /// <summary>Power 3 of the polynomial of <see cref="SlopeP0"/>.</summary>
    public const double SlopeP3 = -0.028083359784466046;

    /// <summary>Power 4 of the polynomial of <see cref="SlopeP0"/>.</summary>
    public const double SlopeP4 = 0.009504951286370985;

    /// <summary>Power 5 of the polynomial of <see cref="SlopeP0"/>.</summary>
    public const double SlopeP5 = -0.0017882629851759117;

    /// <summary>Power 6 of the polynomial of <see cref="SlopeP0"/>.</summary>
    public const double SlopeP6 = -0.00015462405820028348;

    /// <summary>Power 7 of the polynomial of <see cref="SlopeP0"/>.</summary>
    public const double SlopeP7 = 0.00018578847999498543;

    /// <summary>Power 8 of the polynomial of <see cref="SlopeP0"/>.</summary>
    public const double SlopeP8 = -1.7416440498809792e-05;

    /// <summary>Power 9 of the polynomial of <see cref="SlopeP0"/>.</summary>
    public const double SlopeP9 = -1.8051082588228564e-05;

    /// <summary>Power 10 of the polynomial of <see cref="SlopeP0"/>.</summary>
    public const double SlopeP10 = 3.3705189805580486e-06;

    /// <summary>Power 11 of the polynomial of <see cref="SlopeP0"/>.</summary>
    public const double SlopeP11 = 2.162358977128244e-06;

    /// <summary>Power 12 of the polynomial of <see cref="SlopeP0"/>.</summary>
    public const double SlopeP12 = -2.931603826531195e-07;

    /// <summary>Power 13 of the polynomial of <see cref="SlopeP0"/>.</summary>
    public const double SlopeP13 = -2.046599414670087e-07;

    /// <summary>Power 0 of the polynomial of (z + 3) (1 - erfc(z) e^(z^2)) / z, in t = 1 - 6 / (z + 3),
    /// for z from 0 to 4.</summary>
    /// <remarks>The polynomial makes a relative error of 2^-44.3 in the result.</remarks>
    public const double ErfP0 = 1.6419976976372925;

    /// <summary>Power 1 of the polynomial of <see cref="ErfP0"/>.</summary>
    public const double ErfP1 = -0.9895305775516612;

    /// <summary>Power 2 of the polynomial of <see cref="ErfP0"/>.</summary>
    public const double ErfP2 = 0.49832297408335535;

    /// <summary>Power 3 of the polynomial of <see cref="ErfP0"/>.</summary>
    public const double ErfP3 = -0.1980911011317839;

    /// <summary>Power 4 of the polynomial of <see cref="ErfP0"/>.</summary>
    public const double ErfP4 = 0.05475943077024827;

    /// <summary>Power 5 of the polynomial of <see cref="ErfP0"/>.</summary>
    public const double ErfP5 = -0.005974412502982541;

    /// <summary>Power 6 of the polynomial of <see cref="ErfP0"/>.</summary>
    public const double ErfP6 = -0.002563918135941838;

    /// <summary>Power 7 of the polynomial of <see cref="ErfP0"/>.</summary>
    public const double ErfP7 = 0.0011476921966450972;

    /// <summary>Power 8 of the polynomial of <see cref="ErfP0"/>.</summary>
    public const double ErfP8 = 4.395994542744212e-05;

    /// <summary>Power 9 of the polynomial of <see cref="ErfP0"/>.</summary>
    public const double ErfP9 = -0.00013810715030936757;

    /// <summary>Power 10 of the polynomial of <see cref="ErfP0"/>.</summary>
    public const double ErfP10 = 9.57576173106826e-06;

    /// <summary>Power 11 of the polynomial of <see cref="ErfP0"/>.</summary>
    public const double ErfP11 = 2.3286336083816403e-05;

    /// <summary>Power 12 of the polynomial of <see cref="ErfP0"/>.</summary>
    public const double ErfP12 = 4.561420568862409e-06;
}
