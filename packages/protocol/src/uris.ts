/**
 * URI rules: which strings are URIs, for which use, loose or strict. One pass, no regular expressions.
 */
export {};
