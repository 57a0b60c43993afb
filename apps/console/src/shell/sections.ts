import {
  Activity,
  Gauge,
  Globe,
  ListChecks,
  type LucideIcon,
  Server,
  Settings,
  ShieldCheck,
} from 'lucide-react';

export interface ShellSection {
  readonly to: '/' | '/servers' | '/sites' | '/certificates' | '/operations' | '/activity' | '/settings';
  readonly label: string;
  readonly icon: LucideIcon;
  /** Goes there after the key g. */
  readonly goKey: string;
}

/** The rail, from top to bottom. */
export const sections: readonly ShellSection[] = [
  { to: '/', label: 'Overview', icon: Gauge, goKey: 'o' },
  { to: '/servers', label: 'Servers', icon: Server, goKey: 's' },
  { to: '/sites', label: 'Sites', icon: Globe, goKey: 'w' },
  { to: '/certificates', label: 'Certificates', icon: ShieldCheck, goKey: 'c' },
  { to: '/operations', label: 'Operations', icon: ListChecks, goKey: 'p' },
  { to: '/activity', label: 'Activity', icon: Activity, goKey: 'a' },
  { to: '/settings', label: 'Settings', icon: Settings, goKey: ',' },
];
