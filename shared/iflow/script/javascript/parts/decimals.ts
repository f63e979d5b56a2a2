/** `java.math`, as guest source, on JavaScript's own big integers. */
export const decimals = String.raw`
const numberOf = (name, value) => raise('java.lang.NumberFormatException', 'No ' + name + ': ' + show(value));
class BigInteger {
  #value;
  constructor(value, radix = 10) {
    const text = show(value);
    if (typeof value !== 'bigint' && (radix !== 10 || !/^[+-]?\d+$/.test(text))) numberOf('BigInteger', value);
    this.#value = typeof value === 'bigint' ? value : BigInt(text.replace(/^\+/, ''));
  }
  static valueOf(value) { return new BigInteger(Math.trunc(value)); }
  big_() { return this.#value; }
  add(other) { return new BigInteger(this.#value + other.big_()); }
  subtract(other) { return new BigInteger(this.#value - other.big_()); }
  multiply(other) { return new BigInteger(this.#value * other.big_()); }
  divide(other) { return new BigInteger(this.#value / nonZero(other.big_())); }
  remainder(other) { return new BigInteger(this.#value % nonZero(other.big_())); }
  mod(other) { const m = nonZero(other.big_()); return new BigInteger(((this.#value % m) + m) % m); }
  pow(exponent) { return new BigInteger(this.#value ** BigInt(exponent)); }
  negate() { return new BigInteger(-this.#value); }
  abs() { return new BigInteger(this.#value < 0n ? -this.#value : this.#value); }
  signum() { return this.#value < 0n ? -1 : this.#value > 0n ? 1 : 0; }
  compareTo(other) { return this.#value < other.big_() ? -1 : this.#value > other.big_() ? 1 : 0; }
  equals(other) { return other instanceof BigInteger && other.big_() === this.#value; }
  intValue() { return Number(BigInt.asIntN(32, this.#value)); }
  longValue() { return Number(BigInt.asIntN(64, this.#value)); }
  doubleValue() { return Number(this.#value); }
  valueOf() { return Number(this.#value); }
  toString(radix) { return this.#value.toString(radix); }
}
const nonZero = (value) => (value === 0n ? raise('java.lang.ArithmeticException', 'Division by zero') : value);
hide(BigInteger, { ZERO: new BigInteger(0n), ONE: new BigInteger(1n), TEN: new BigInteger(10n) });
define('java.math.BigInteger', BigInteger);

class RoundingMode {
  #name;
  constructor(name) { this.#name = name; }
  static valueOf(name) { return this[name]; }
  name() { return this.#name; }
  toString() { return this.#name; }
}
const MODES = ['UP', 'DOWN', 'CEILING', 'FLOOR', 'HALF_UP', 'HALF_DOWN', 'HALF_EVEN', 'UNNECESSARY'];
hide(RoundingMode, Object.fromEntries(MODES.map((name) => [name, new RoundingMode(name)])));
define('java.math.RoundingMode', RoundingMode);
/** The quotient of two integers as a mode of rounding has it; a mode is a RoundingMode or BigDecimal's number of it. */
const divided = (dividend, divisor, mode) => {
  const [quotient, rest] = [dividend / nonZero(divisor), dividend % divisor];
  if (rest === 0n) return quotient;
  const negative = dividend < 0n !== divisor < 0n;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  const half = twice - (divisor < 0n ? -divisor : divisor);
  const name = typeof mode === 'number' ? MODES[mode] : String(mode);
  const away =
    name === 'UP' ? true : name === 'DOWN' ? false
    : name === 'CEILING' ? !negative : name === 'FLOOR' ? negative
    : name === 'HALF_UP' ? half >= 0n : name === 'HALF_DOWN' ? half > 0n
    : name === 'HALF_EVEN' ? half > 0n || (half === 0n && quotient % 2n !== 0n)
    : raise('java.lang.ArithmeticException', 'Rounding necessary');
  return away ? quotient + (negative ? -1n : 1n) : quotient;
};
const SCALE_LIMIT = 10000;
const tens = (count) => (count > SCALE_LIMIT ? raise('java.lang.ArithmeticException', 'Underflow') : 10n ** BigInt(count));
class BigDecimal {
  #unscaled;
  #scale;
  constructor(value, scale = 0) {
    if (typeof value === 'bigint') {
      [this.#unscaled, this.#scale] = [value, scale];
      return;
    }
    const found = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,5}))?$/.exec(show(value));
    if (found === null || found[2] + (found[3] ?? '') === '') numberOf('BigDecimal', value);
    const [, sign, whole, part = '', power = '0'] = found;
    this.#unscaled = BigInt((sign === '-' ? '-' : '') + (whole + part));
    this.#scale = part.length - Number(power);
  }
  static valueOf(value, scale) {
    return scale === undefined ? new BigDecimal(value) : new BigDecimal(BigInt(value), scale);
  }
  unscaled_(scale) { return this.#unscaled * tens(scale - this.#scale); }
  scale() { return this.#scale; }
  unscaledValue() { return new BigInteger(this.#unscaled); }
  precision() { return String(this.#unscaled).replace('-', '').length; }
  #with(other, join) {
    const scale = Math.max(this.#scale, other.scale());
    return new BigDecimal(join(this.unscaled_(scale), other.unscaled_(scale)), scale);
  }
  add(other) { return this.#with(other, (a, b) => a + b); }
  subtract(other) { return this.#with(other, (a, b) => a - b); }
  remainder(other) { return this.#with(other, (a, b) => a % nonZero(b)); }
  multiply(other) { return new BigDecimal(this.#unscaled * other.unscaledValue().big_(), this.#scale + other.scale()); }
  /** (divisor, scale, mode), (divisor, mode), (divisor): exact, or the error that Java gives. */
  divide(other, ...how) {
    const divisor = other.unscaledValue().big_();
    if (how.length > 0) {
      const [scale, mode] = how.length > 1 ? how : [this.#scale, how[0]];
      const power = scale + other.scale() - this.#scale;
      return new BigDecimal(power >= 0 ? divided(this.#unscaled * tens(power), divisor, mode)
        : divided(this.#unscaled, divisor * tens(-power), mode), scale);
    }
    const exact = this.#scale - other.scale();
    for (let more = 0; more <= 100; more++) {
      const dividend = this.#unscaled * tens(more);
      if (dividend % nonZero(divisor) === 0n) return new BigDecimal(dividend / divisor, exact + more);
    }
    return raise('java.lang.ArithmeticException', 'Non-terminating decimal expansion; no exact representable decimal result.');
  }
  setScale(scale, mode = 'UNNECESSARY') {
    return new BigDecimal(scale >= this.#scale ? this.unscaled_(scale)
      : divided(this.#unscaled, tens(this.#scale - scale), mode), scale);
  }
  stripTrailingZeros() {
    let [unscaled, scale] = [this.#unscaled, this.#scale];
    if (unscaled === 0n) return new BigDecimal(0n);
    while (unscaled % 10n === 0n) [unscaled, scale] = [unscaled / 10n, scale - 1];
    return new BigDecimal(unscaled, scale);
  }
  pow(exponent) { return new BigDecimal(this.#unscaled ** BigInt(exponent), this.#scale * exponent); }
  negate() { return new BigDecimal(-this.#unscaled, this.#scale); }
  abs() { return this.signum() < 0 ? this.negate() : this; }
  signum() { return this.#unscaled < 0n ? -1 : this.#unscaled > 0n ? 1 : 0; }
  compareTo(other) { return this.subtract(other).signum(); }
  equals(other) { return other instanceof BigDecimal && other.scale() === this.#scale && this.compareTo(other) === 0; }
  max(other) { return this.compareTo(other) >= 0 ? this : other; }
  min(other) { return this.compareTo(other) <= 0 ? this : other; }
  toBigInteger() { return new BigInteger(this.setScale(0, 'DOWN').unscaledValue().big_()); }
  intValue() { return this.toBigInteger().intValue(); }
  longValue() { return this.toBigInteger().longValue(); }
  doubleValue() { return Number(this.toString()); }
  floatValue() { return Math.fround(this.doubleValue()); }
  valueOf() { return this.doubleValue(); }
  toPlainString() {
    if (this.#scale <= 0) return String(this.unscaled_(0));
    const digits = String(this.#unscaled).replace('-', '').padStart(this.#scale + 1, '0');
    return (this.#unscaled < 0n ? '-' : '') + digits.slice(0, -this.#scale) + '.' + digits.slice(-this.#scale);
  }
  toString() {
    const digits = String(this.#unscaled).replace('-', '');
    const power = digits.length - 1 - this.#scale;
    if (this.#scale >= 0 && power >= -6) return this.toPlainString();
    return (this.#unscaled < 0n ? '-' : '') + digits[0] + (digits.length > 1 ? '.' + digits.slice(1) : '') +
      (power === 0 ? '' : 'E' + (power > 0 ? '+' : '') + power);
  }
}
hide(BigDecimal, {
  ZERO: new BigDecimal(0n), ONE: new BigDecimal(1n), TEN: new BigDecimal(10n),
  ...Object.fromEntries(MODES.map((name, i) => ['ROUND_' + name, i])),
});
define('java.math.BigDecimal', BigDecimal);
`;
