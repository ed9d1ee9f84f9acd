/** What structs of the kernel are made of, written without a BigInt, which costs an allocation. */

const wordValues = 2 ** 32;

/** Writes an address of memory as two words, the low one first: all machines that we build for have it so. */
export function writeAddress(words: Uint32Array | Int32Array, at: number, address: number): void {
  words[at] = address;
  words[at + 1] = address / wordValues;
}
