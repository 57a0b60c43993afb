import { ButtonLink } from '../components/button';
import { Empty } from '../components/panels';

export function NotFound() {
  return (
    <Empty
      title="There is no such page"
      text="The address is wrong, or what it showed is gone."
      action={<ButtonLink to="/">Go to the overview</ButtonLink>}
    />
  );
}
