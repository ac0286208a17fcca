/** The values of a component's options: those given, else its defaults; what it does not read is left out. */
import { z } from 'zod';
import type { Component, Options, OptionsOf } from '../../src/config/index.ts';
import { mapGroup } from '../../src/nd-array.ts';

type Given = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export function valuesOf<O extends Options>({ options }: Pick<Component<O>, 'options'>, given: Given = {}): OptionsOf<O> {
  const sections = mapGroup(options, (shape) => z.object(shape).prefault({} as never));
  return z.object(sections).parse(given) as OptionsOf<O>;
}
