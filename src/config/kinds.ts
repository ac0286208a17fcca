/**
 * What values may be; shared by all options. Every kind has ends: within them a program works, or the machine is too
 * small for it, which is said before anything starts; beyond them nobody can mean what was written. An option states
 * narrower ends where there is a reason.
 */
import { z } from 'zod';

/** Keys of one section of the configuration, each with its range, its default and one sentence. */
export type Shape = Readonly<Record<string, z.ZodType>>;

/** As much as is counted in any run; steps and bytes, of which there may be more, say so themselves. */
const MOST = 1e9;
/** Programs compute in 32 bits, which end at 3.4e38 and 1.2e-38. */
const SMALLEST = 1e-30;
const LARGEST = 1e30;

export const count = z.int().min(1).max(MOST);
export const natural = z.int().min(0).max(MOST);
export const positive = z.number().min(SMALLEST).max(LARGEST);
/** A loss is weighed against others: with more than this the others are lost in rounding. */
export const weight = z.number().min(0).max(1e6);
export const fraction = z.number().min(0).max(1);
/** The decay of a running mean, which never moves at 1. */
export const decay = z.number().min(0).lt(1);

/** Numbers in one layer of a network: one matrix between two layers as wide as this takes 4 TB. */
export const width = count.max(1e6);
/** Layers one after the other: without shortcuts nothing learns through more of them, and each takes time to compile. */
export const layers = count.max(32);
/** Steps that a program writes out one after the other: each is compiled anew, and a thousand take minutes. */
export const writtenOut = count.max(512);

/** A section within a section. */
export const section = <S extends Shape>(shape: S) => z.strictObject(shape).prefault({} as never);
