import { create } from '@bufbuild/protobuf';
import { SecretSchema, type UploadSource } from '@ostler/contracts';
import { useRef } from 'react';
import { Button } from '../../components/button';
import { TextField } from '../../components/field';
import { BoundText } from '../../components/form/bound';
import { useFieldError } from '../../components/form/errors';
import { FormSection } from '../../components/form/form-section';
import { splitPem } from './split-pem';

/** A certificate that was made elsewhere, and its key: pasted, or out of files. */
export function UploadFields({
  value,
  onChange,
}: {
  value: UploadSource;
  onChange: (value: UploadSource) => void;
}) {
  const keyError = useFieldError('upload.privateKeyPem.value');
  const secretError = useFieldError('upload.privateKeyPem');
  const secret = value.privateKeyPem ?? create(SecretSchema);
  const stored = secret.version > 0;
  // A key that comes with its certificate goes where keys go: that field is never shown or kept.
  const take = (text: string): void => {
    const { certificates, key } = splitPem(text);
    const privateKeyPem = key === undefined ? value.privateKeyPem : { ...secret, value: key };
    onChange({ ...value, certificatePem: certificates, privateKeyPem });
  };
  return (
    <FormSection
      title="Upload"
      purpose="Parsed and written anew; the key must match. It is never shown again."
      paths={['upload']}
    >
      <BoundText
        label="Certificate, PEM: leaf first, then intermediates"
        mono
        rows={6}
        path="upload.certificatePem"
        placeholder="-----BEGIN CERTIFICATE-----"
        value={value.certificatePem}
        onChange={take}
      />
      <TextField
        label="Private key, PEM"
        mono
        rows={6}
        placeholder={stored ? 'keeps what is stored' : '-----BEGIN PRIVATE KEY-----'}
        value={secret.value}
        onChange={(key) => onChange({ ...value, privateKeyPem: { ...secret, value: key } })}
        error={keyError ?? secretError}
      />
      <PemFiles onText={(text) => take(text.includes('CERTIFICATE') ? text : value.certificatePem + text)} />
    </FormSection>
  );
}

function PemFiles({ onText }: { onText: (text: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const read = async (files: readonly File[]): Promise<void> => {
    const texts = await Promise.all(files.map((file) => file.text()));
    onText(texts.map((text) => `${text.trimEnd()}\n`).join(''));
  };
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button onClick={() => input.current?.click()}>Choose files</Button>
      <span className="text-ink-3 text-xs">Certificate, intermediates and key, in one file or several.</span>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept=".pem,.crt,.cer,.key"
        aria-label="Files of the certificate"
        onChange={({ target }) => {
          const files = [...(target.files ?? [])];
          target.value = '';
          if (files.length > 0) void read(files);
        }}
      />
    </div>
  );
}
