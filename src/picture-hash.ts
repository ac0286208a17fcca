/** 32 bits of a picture: FNV-1a over words of four bytes, with the bits mixed in the end (MurmurHash3's finalizer). */
export function pictureHash(picture: Uint8Array): number {
  // Words cannot be read from just anywhere.
  const aligned = picture.byteOffset % 4 === 0 ? picture : picture.slice();
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  let sum = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i], 0x01000193) ^ (sum >>> 15);
  for (let i = words.length * 4; i < aligned.length; i++) sum = Math.imul(sum ^ aligned[i], 0x01000193);
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35);
  return (sum ^ (sum >>> 16)) >>> 0;
}
