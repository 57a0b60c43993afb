// Names that site configurations and the generation's own file share.

export const LOG_FORMAT = 'ostler_json';
export const CONNECTION_VARIABLE = 'ostler_connection';
export const GENERATION_VARIABLE = 'ostler_generation';
