/** Measures and studies are files, as worlds and agents are: found by listing their folders, or a user's own by its path. */
import { loadVariant, nameOf, variantNames, type VariantFolder } from '../src/listing.ts';
import type { Measure, NamedMeasure } from './measure.ts';
import type { Study } from './study.ts';

export const MEASURES: VariantFolder = {
  noun: 'measure', url: new URL('./measures/', import.meta.url), example: './my-measure.ts',
};
export const STUDIES: VariantFolder = {
  noun: 'study', url: new URL('./studies/', import.meta.url), example: './my-study.ts',
};

/** @throws UserError that names the nearest known measure, or says what is wrong with the file */
export const loadMeasure = async (nameOrFile: string): Promise<NamedMeasure> =>
  ({ name: nameOf(nameOrFile), measure: await loadVariant(MEASURES, nameOrFile, isMeasure) });

/** @throws UserError that names the nearest known study, or says what is wrong with the file */
export const loadStudy = (nameOrFile: string): Promise<Study> => loadVariant(STUDIES, nameOrFile, isStudy);

/** Each once, in the order of their names here. */
export const loadMeasures = (names: readonly string[]): Promise<NamedMeasure[]> =>
  Promise.all([...new Set(names)].map(loadMeasure));

export const listMeasures = async (): Promise<NamedMeasure[]> => loadMeasures(await variantNames(MEASURES));

export const listStudies = async (): Promise<{ readonly name: string; readonly study: Study }[]> =>
  Promise.all((await variantNames(STUDIES)).map(async (name) => ({ name, study: await loadStudy(name) })));

function isMeasure(value: unknown): value is Measure {
  return typeof value === 'object' && value !== null
    && 'description' in value && typeof value.description === 'string'
    && 'quantities' in value && typeof value.quantities === 'object'
    && 'refuses' in value && typeof value.refuses === 'function'
    && 'measure' in value && typeof value.measure === 'function';
}

function isStudy(value: unknown): value is Study {
  return typeof value === 'object' && value !== null
    && 'question' in value && typeof value.question === 'string'
    && 'description' in value && typeof value.description === 'string'
    && 'arms' in value && Array.isArray(value.arms)
    && 'measures' in value && Array.isArray(value.measures)
    && 'picture' in value && typeof value.picture === 'function';
}
