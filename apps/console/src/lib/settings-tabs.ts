/** The parts of the settings, in order. */
export const settingsTabs = [
  { key: 'password', label: 'Password' },
  { key: 'tokens', label: 'API tokens' },
  { key: 'people', label: 'People and roles' },
  { key: 'join', label: 'Join tokens' },
  { key: 'limits', label: 'Limits' },
] as const;
