/** What the parts of the warehouse agree on: names of procedures, shapes of answers. No behaviour. */

export const REALM = 'warehouse';

/** The cast: who plays, in which serializer. */
export type Serialization = 'json' | 'msgpack' | 'cbor';

export interface Member {
  readonly name: string;
  /** file of the part, without extension */
  readonly part: 'goods' | 'picker' | 'printer' | 'supervisor' | 'clerk';
  readonly serialization: Serialization;
}

export const uris = {
  /** exact: how many pieces of a sku are in stock */
  count: 'com.warehouse.goods.count',
  /** prefix: everything else about goods */
  goods: 'com.warehouse.goods.',
  /** wildcard: the status of any place */
  anyStatus: 'com.warehouse..status',
  /** shared, `roundrobin`: fetch a box */
  pick: 'com.warehouse.pick',
  /** shared, `last`: print a label */
  print: 'com.warehouse.label.print',
} as const;

/** Every answer says who gave it, so that the story can be checked. */
export interface Answer {
  readonly by: string;
  readonly [detail: string]: unknown;
}

/** What the supervisor saw of the registration meta-events. */
export interface Seen {
  readonly create: number;
  readonly register: number;
  readonly unregister: number;
  readonly delete: number;
}
