/** Names of object identifiers in certificates: OpenSSL's short ones, which HAProxy tells. */
import { wordTable } from "../../word-table.ts";

/** Names by identifier: all those below one arc, `number:name`. */
function below(arc: string, rows: string): [string, string][] {
  return rows
    .trim()
    .split(/\s+/)
    .map((row) => {
      const at = row.indexOf(":");
      return [`${arc}.${row.slice(0, at)}`, row.slice(at + 1)];
    });
}

/** A table that is made when it is first asked. */
function lazily(rows: () => [string, string][]): () => ReadonlyMap<string, string> {
  let table: ReadonlyMap<string, string> | null = null;
  return () => (table ??= new Map(rows()));
}

/** Attributes of distinguished names (X.520, RFC 4519, RFC 2985 and 4524, the CA/Browser Forum's). */
const attributes = lazily(() => [
  ...below(
    "2.5.4",
    `3:CN 4:SN 5:serialNumber 6:C 7:L 8:ST 9:street 10:O 11:OU 12:title 13:description 14:searchGuide
    15:businessCategory 16:postalAddress 17:postalCode 18:postOfficeBox 19:physicalDeliveryOfficeName
    20:telephoneNumber 21:telexNumber 22:teletexTerminalIdentifier 23:facsimileTelephoneNumber 24:x121Address
    25:internationaliSDNNumber 26:registeredAddress 27:destinationIndicator 28:preferredDeliveryMethod
    29:presentationAddress 30:supportedApplicationContext 31:member 32:owner 33:roleOccupant 34:seeAlso
    35:userPassword 36:userCertificate 37:cACertificate 38:authorityRevocationList 39:certificateRevocationList
    40:crossCertificatePair 41:name 42:GN 43:initials 44:generationQualifier 45:x500UniqueIdentifier 46:dnQualifier
    47:enhancedSearchGuide 48:protocolInformation 49:distinguishedName 50:uniqueMember 51:houseIdentifier
    52:supportedAlgorithms 53:deltaRevocationList 54:dmdName 65:pseudonym 72:role 97:organizationIdentifier 98:c3
    99:n3 100:dnsName`,
  ),
  ...below(
    "0.9.2342.19200300.100.1",
    `1:UID 2:textEncodedORAddress 3:mail 4:info 5:favouriteDrink 6:roomNumber 7:photo 8:userClass 9:host 10:manager
    11:documentIdentifier 12:documentTitle 13:documentVersion 14:documentAuthor 15:documentLocation
    20:homeTelephoneNumber 21:secretary 22:otherMailbox 23:lastModifiedTime 24:lastModifiedBy 25:DC 26:aRecord
    27:pilotAttributeType27 28:mXRecord 29:nSRecord 30:sOARecord 31:cNAMERecord 37:associatedDomain
    38:associatedName 39:homePostalAddress 40:personalTitle 41:mobileTelephoneNumber 42:pagerTelephoneNumber
    43:friendlyCountryName 44:uid 45:organizationalStatus 46:janetMailbox 47:mailPreferenceOption 48:buildingName
    49:dSAQuality 50:singleLevelQuality 51:subtreeMinimumQuality 52:subtreeMaximumQuality 53:personalSignature
    54:dITRedirect 55:audio 56:documentPublisher`,
  ),
  ...below(
    "1.2.840.113549.1.9",
    `1:emailAddress 2:unstructuredName 3:contentType 4:messageDigest 5:signingTime 6:countersignature
    7:challengePassword 8:unstructuredAddress 9:extendedCertificateAttributes 20:friendlyName 21:localKeyID`,
  ),
  ...below("1.3.6.1.4.1.311.60.2.1", "1:jurisdictionL 2:jurisdictionST 3:jurisdictionC"),
  ...below("1.2.643", "3.131.1.1:INN 100.1:OGRN 100.3:SNILS 100.5:OGRNIP"),
]);

/** Algorithms of keys and signatures (RFC 3279, 4055, 5758, 8410). */
const algorithms = lazily(() => [
  ...below(
    "1.2.840.113549.1.1",
    `1:rsaEncryption 2:RSA-MD2 3:RSA-MD4 4:RSA-MD5 5:RSA-SHA1 7:RSAES-OAEP 10:RSASSA-PSS 11:RSA-SHA256 12:RSA-SHA384
    13:RSA-SHA512 14:RSA-SHA224 15:RSA-SHA512/224 16:RSA-SHA512/256`,
  ),
  ...below(
    "1.2.840.10045",
    `2.1:id-ecPublicKey 4.1:ecdsa-with-SHA1 4.2:ecdsa-with-Recommended 4.3:ecdsa-with-Specified
    4.3.1:ecdsa-with-SHA224 4.3.2:ecdsa-with-SHA256 4.3.3:ecdsa-with-SHA384 4.3.4:ecdsa-with-SHA512`,
  ),
  ...below("1.2.840.10040.4", "1:DSA 3:DSA-SHA1"),
  ...below(
    "2.16.840.1.101.3.4.3",
    `1:dsa_with_SHA224 2:dsa_with_SHA256 3:id-dsa-with-sha384 4:id-dsa-with-sha512 5:id-dsa-with-sha3-224
    6:id-dsa-with-sha3-256 7:id-dsa-with-sha3-384 8:id-dsa-with-sha3-512 9:id-ecdsa-with-sha3-224
    10:id-ecdsa-with-sha3-256 11:id-ecdsa-with-sha3-384 12:id-ecdsa-with-sha3-512
    13:id-rsassa-pkcs1-v1_5-with-sha3-224 14:id-rsassa-pkcs1-v1_5-with-sha3-256
    15:id-rsassa-pkcs1-v1_5-with-sha3-384 16:id-rsassa-pkcs1-v1_5-with-sha3-512`,
  ),
  ...below("1.3.101", "110:X25519 111:X448 112:ED25519 113:ED448"),
  ...below("1.3.14.3.2", "3:RSA-NP-MD5 12:DSA-old 13:DSA-SHA 15:RSA-SHA 27:DSA-SHA1-old 29:RSA-SHA1-2"),
]);

/** Bits of the keys on the curves that certificates name (RFC 5480, RFC 5639). */
const curveBits = wordTable<number>({
  "1.2.840.10045.3.1.1": 192,
  "1.2.840.10045.3.1.7": 256,
  "1.3.132.0.10": 256,
  "1.3.132.0.33": 224,
  "1.3.132.0.34": 384,
  "1.3.132.0.35": 521,
  "1.3.36.3.3.2.8.1.1.7": 256,
  "1.3.36.3.3.2.8.1.1.11": 384,
  "1.3.36.3.3.2.8.1.1.13": 512,
});

/** An attribute's name; null: it has none here. */
export function attributeName(identifier: string): string | null {
  return attributes().get(identifier) ?? null;
}

/** An algorithm's name: OpenSSL's `UNDEF` for one that is not known. */
export function algorithmName(identifier: string): string {
  return algorithms().get(identifier) ?? "UNDEF";
}

/** Bits of a key on a curve; null: the curve is not known. */
export function keyBitsOnCurve(identifier: string): number | null {
  return curveBits.get(identifier) ?? null;
}
