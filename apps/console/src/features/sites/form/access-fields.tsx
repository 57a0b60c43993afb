import { create } from '@bufbuild/protobuf';
import {
  type AccessRule,
  AccessRuleSchema,
  type BasicAuth,
  BasicAuthSchema,
  BasicAuthUserSchema,
} from '@ostler/contracts';
import { CheckField, SelectField } from '../../../components/field';
import { BoundSecret, BoundText } from '../../../components/form/bound';
import { FieldRow } from '../../../components/form/form-section';
import { ListEditor } from '../../../components/form/list-editor';

const verdicts = [
  { value: 'allow', label: 'Allow' },
  { value: 'deny', label: 'Deny' },
];

export function AccessRulesEditor({
  rules,
  onChange,
  path,
}: {
  rules: readonly AccessRule[];
  onChange: (rules: AccessRule[]) => void;
  path: string;
}) {
  return (
    <div>
      <p className="mb-1 text-xs font-medium">
        Rules by address; the first that matches wins, what none matches is allowed
      </p>
      <ListEditor
        items={rules}
        onChange={onChange}
        path={path}
        one="rule"
        make={() => create(AccessRuleSchema, { allow: true })}
      >
        {(rule, change, at) => (
          <FieldRow>
            <SelectField
              label="Verdict"
              value={rule.allow ? 'allow' : 'deny'}
              options={verdicts}
              onChange={(verdict) => change({ ...rule, allow: verdict === 'allow' })}
            />
            <BoundText
              label="Address, prefix or all"
              mono
              path={`${at}.source`}
              placeholder="192.0.2.0/24"
              value={rule.source}
              onChange={(source) => change({ ...rule, source })}
            />
          </FieldRow>
        )}
      </ListEditor>
    </div>
  );
}

export function BasicAuthFields({
  value,
  onChange,
  path,
}: {
  value: BasicAuth | undefined;
  onChange: (value: BasicAuth | undefined) => void;
  path: string;
}) {
  return (
    <>
      <CheckField
        label="Ask for a name and a password"
        checked={value !== undefined}
        onChange={(on) => onChange(on ? create(BasicAuthSchema, { users: [{ password: {} }] }) : undefined)}
      />
      {value && (
        <>
          <BoundText
            label="Shown by the browser"
            optional
            path={`${path}.realm`}
            placeholder="Restricted"
            value={value.realm}
            onChange={(realm) => onChange({ ...value, realm })}
          />
          <ListEditor
            items={value.users}
            onChange={(users) => onChange({ ...value, users })}
            path={`${path}.users`}
            one="user"
            make={() => create(BasicAuthUserSchema, { password: {} })}
          >
            {(user, change, at) => (
              <FieldRow>
                <BoundText
                  label="User name"
                  mono
                  path={`${at}.username`}
                  value={user.username}
                  onChange={(username) => change({ ...user, username })}
                />
                <BoundSecret
                  label="Password"
                  path={`${at}.password`}
                  value={user.password}
                  onChange={(password) => change({ ...user, password })}
                />
              </FieldRow>
            )}
          </ListEditor>
        </>
      )}
    </>
  );
}
