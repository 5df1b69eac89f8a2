/** Floating-point numbers as big-endian bytes, as MessagePack and CBOR have them. No state is kept between calls. */

const scratch = new DataView(new ArrayBuffer(8));

export function readFloat64(bytes: Uint8Array, at: number): number {
  for (let index = 0; index < 8; index++) scratch.setUint8(index, bytes[at + index]!);
  return scratch.getFloat64(0);
}

export function readFloat32(bytes: Uint8Array, at: number): number {
  for (let index = 0; index < 4; index++) scratch.setUint8(index, bytes[at + index]!);
  return scratch.getFloat32(0);
}

/** Half precision: one bit of sign, five of exponent, ten of fraction. */
export function readFloat16(bytes: Uint8Array, at: number): number {
  const half = (bytes[at]! << 8) | bytes[at + 1]!;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  const magnitude =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction === 0
          ? Infinity
          : NaN
        : (1024 + fraction) * 2 ** (exponent - 25);
  return half & 0x8000 ? -magnitude : magnitude;
}

/** Writes eight bytes. */
export function writeFloat64(value: number, into: Uint8Array, at: number): void {
  scratch.setFloat64(0, value);
  for (let index = 0; index < 8; index++) into[at + index] = scratch.getUint8(index);
}
