import { ButtonLink } from '../components/button';
import { Page } from '../components/page';

export function NotFound() {
  return (
    <Page title="There is no such page" sub="The address is wrong, or what it showed is gone." wide={false}>
      <ButtonLink to="/">Go to the overview</ButtonLink>
    </Page>
  );
}
