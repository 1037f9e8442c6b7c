/**
 * Value of Content-Disposition with which a browser saves an answer under a name. The second form of the name keeps
 * characters outside ASCII (RFC 6266, 4.3).
 */
export function attachmentNamed(name: string): string {
  const file = name.replaceAll("/", "-");
  const plain = file.replace(/[^ -~]|["\\%]/g, "_");
  const encoded = encodeURIComponent(file).replace(/['()*]/g, (each) => {
    return `%${each.charCodeAt(0).toString(16)}`;
  });
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
