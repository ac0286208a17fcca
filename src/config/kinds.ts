/** What values may be; shared by all options. */
import { z } from 'zod';

/** Keys of one section of the configuration, each with its range, its default and one sentence. */
export type Shape = Readonly<Record<string, z.ZodType>>;

export const count = z.int().min(1);
export const natural = z.int().min(0);
export const positive = z.number().positive();
export const weight = z.number().min(0);
export const fraction = z.number().min(0).max(1);

/** A section within a section. */
export const section = <S extends Shape>(shape: S) => z.strictObject(shape).prefault({} as never);
