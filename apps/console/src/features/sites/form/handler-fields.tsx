import { create } from '@bufbuild/protobuf';
import {
  FastCgiSchema,
  FixedResponseSchema,
  type Handler,
  HandlerSchema,
  ProxySchema,
  RedirectSchema,
  StaticFilesSchema,
  type Upstream,
} from '@ostler/contracts';
import { SelectField } from '../../../components/field';
import { useFieldError } from '../../../components/form/errors';
import { type HandlerCase, handlerOptions } from '../../../lib/sites';
import { FastCgiFields, FixedResponseFields, RedirectFields } from './answer-fields';
import { ProxyFields } from './proxy-fields';
import { StaticFilesFields } from './static-files-fields';

const makers: Readonly<Record<HandlerCase, () => Handler['answer']>> = {
  staticFiles: () => ({ case: 'staticFiles', value: create(StaticFilesSchema) }),
  proxy: () => ({ case: 'proxy', value: create(ProxySchema) }),
  fastcgi: () => ({ case: 'fastcgi', value: create(FastCgiSchema) }),
  redirect: () => ({ case: 'redirect', value: create(RedirectSchema, { keepPath: true }) }),
  fixedResponse: () => ({ case: 'fixedResponse', value: create(FixedResponseSchema, { status: 200 }) }),
};

/** How requests are answered: the kind of answer, and its fields. */
export function HandlerFields({
  handler,
  onChange,
  path,
  upstreams,
}: {
  handler: Handler | undefined;
  onChange: (handler: Handler) => void;
  path: string;
  upstreams: readonly Upstream[];
}) {
  const error = useFieldError(path);
  const present = handler ?? create(HandlerSchema);
  const { answer } = present;
  const put = (next: Handler['answer']): void => onChange({ ...present, answer: next });
  return (
    <>
      <SelectField
        label="Answers with"
        value={answer.case ?? 'staticFiles'}
        options={handlerOptions}
        error={error}
        onChange={(kind) => put(makers[kind]())}
      />
      {answer.case === 'staticFiles' && (
        <StaticFilesFields
          value={answer.value}
          path={`${path}.staticFiles`}
          onChange={(value) => put({ case: 'staticFiles', value })}
        />
      )}
      {answer.case === 'proxy' && (
        <ProxyFields
          value={answer.value}
          path={`${path}.proxy`}
          upstreams={upstreams}
          onChange={(value) => put({ case: 'proxy', value })}
        />
      )}
      {answer.case === 'fastcgi' && (
        <FastCgiFields
          value={answer.value}
          path={`${path}.fastcgi`}
          onChange={(value) => put({ case: 'fastcgi', value })}
        />
      )}
      {answer.case === 'redirect' && (
        <RedirectFields
          value={answer.value}
          path={`${path}.redirect`}
          onChange={(value) => put({ case: 'redirect', value })}
        />
      )}
      {answer.case === 'fixedResponse' && (
        <FixedResponseFields
          value={answer.value}
          path={`${path}.fixedResponse`}
          onChange={(value) => put({ case: 'fixedResponse', value })}
        />
      )}
    </>
  );
}
