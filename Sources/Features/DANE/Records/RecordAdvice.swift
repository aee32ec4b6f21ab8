package import StewardCertificates

/// What to know before relying on a form of record.
package enum RecordAdvice {
    /// The warnings for one form. `source` is what the record was made from, in words.
    package static func warnings(_ form: RecordForm, isSMTP: Bool, source: String? = nil) -> [Finding] {
        var found: [Finding] = []
        if isSMTP, form.usage <= 1 {
            found.append(
                Finding(
                    "record-pkix", .problem,
                    "Mail servers don't use usage \(form.usage) (RFC 7672, section 3.1.3): with such records alone they encrypt without knowing with whom. Use \(form.usage + 2) \(form.selector) \(form.matching)."
                ))
        }
        if form.usage == 3 || form.usage == 1, form.selector == 0 {
            found.append(
                Finding(
                    "record-renewal", .warning,
                    "The record is of the certificate, so every renewal needs a new one, also where the key stays. \(form.usage) 1 \(form.matching) is of the key."
                ))
        }
        if form.usage == 2 || form.usage == 0 {
            let whose = source.map { "It is of \($0). " } ?? ""
            found.append(
                Finding(
                    "record-authority", .warning,
                    "\(whose)The authority changes its intermediate certificates without notice, at any renewal; the server must send that certificate in its chain; and senders check the host name and the expiry, which they don't with 3 1 1."
                ))
            if form.selector == 0 {
                found.append(
                    Finding(
                        "record-authority-certificate", .warning,
                        "The record is of the authority's certificate, which may be issued anew or cross-signed with the same key. \(form.usage) 1 \(form.matching) is of its key."
                    ))
            }
        }
        if form.matching == 0 {
            found.append(
                Finding(
                    "record-whole", .warning,
                    "The record holds the whole \(form.selector == 0 ? "certificate" : "key"): the answer may not fit into a UDP packet, and some senders then fail (RFC 7671, section 10.1.2). Use the SHA-256: \(form.usage) \(form.selector) 1."
                ))
        }
        if form.matching == 2 {
            found.append(
                Finding(
                    "record-sha512", .note,
                    "Every sender must know SHA-256 and only should know SHA-512 (RFC 7671, section 9): beside a record \(form.usage) \(form.selector) 2 there should be a \(form.usage) \(form.selector) 1."
                ))
        }
        return found
    }
}
