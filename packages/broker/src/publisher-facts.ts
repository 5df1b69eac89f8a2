/**
 * What an EVENT may say about its publisher, as bits: so that subscribers which are told the same get the same EVENT.
 * A session's facts are those that it announced it understands, a publication's those that may be told; whoever gets the
 * publication is told what is in both. Owns the bits; decides nothing.
 */
export type PublisherFacts = number;

export const NO_FACTS: PublisherFacts = 0;
/** `publisher`, `publisher_authid`, `publisher_authrole` */
export const IDENTITY: PublisherFacts = 1;
/** `trustlevel` */
export const TRUST_LEVEL: PublisherFacts = 2;

/** How many sets of facts there are; each is a number below. */
export const FACT_SETS = 4;
