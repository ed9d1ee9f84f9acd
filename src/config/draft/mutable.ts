/** Of what is readonly in the Plan, and changes while lines are read. */

/** Takes `readonly` off, one level deep. */
export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
