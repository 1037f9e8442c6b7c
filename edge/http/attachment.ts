/** The header that has a browser save an answer under a name; RFC 6266, 4.3: the second name is for all but ASCII. */
export function attachmentNamed(name: string): string {
  const file = name.replaceAll("/", "-");
  const plain = file.replace(/[^ -~]|["\\%]/g, "_");
  const encoded = encodeURIComponent(file).replace(/['()*]/g, (each) => {
    return `%${each.charCodeAt(0).toString(16)}`;
  });
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
