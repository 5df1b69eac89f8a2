/** What page and test agree on. */
import { contract, procedure, topic } from '@wamp/client/contract';
import { z } from 'zod';

export const lab = contract('com.example.lab', {
  add: procedure({ args: z.tuple([z.number(), z.number()]), result: z.number() }),
  count: procedure({ args: z.tuple([z.number()]), progress: z.number(), result: z.string() }),
  reading: topic({ uri: '{sensor}.reading', args: z.tuple([z.number()]) }),
});
