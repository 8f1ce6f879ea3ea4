#include "proto/dtls/exporter.hpp"

#include <openssl/crypto.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>

#include <array>
#include <string_view>
#include <utility>

#include "tutti/base/byte_reader.hpp"

namespace tutti::dtls {
namespace {

constexpr std::string_view kLabel = "EXTRACTOR-dtls_srtp";

std::optional<SrtpSuite> negotiated_suite(ssl_st* ssl) {
  const SRTP_PROTECTION_PROFILE* profile = SSL_get_selected_srtp_profile(ssl);
  if (!profile) return std::nullopt;
  switch (profile->id) {
    case SRTP_AES128_CM_SHA1_80:
      return SrtpSuite::kAesCm128HmacSha1_80;
    case SRTP_AES128_CM_SHA1_32:
      return SrtpSuite::kAesCm128HmacSha1_32;
    case SRTP_AEAD_AES_128_GCM:
      return SrtpSuite::kAeadAes128Gcm;
    case SRTP_AEAD_AES_256_GCM:
      return SrtpSuite::kAeadAes256Gcm;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<SrtpKeys> export_srtp_keys(ssl_st* ssl, Role role) {
  const auto suite = negotiated_suite(ssl);
  if (!suite) return std::nullopt;
  std::array<uint8_t, 2 * SrtpMasterKey::kMaxSize> material{};
  const size_t size = 2 * master_key_size(*suite);
  if (SSL_export_keying_material(ssl, material.data(), size, kLabel.data(), kLabel.size(), nullptr, 0, 0) != 1) {
    return std::nullopt;
  }
  // RFC 5764 §4.2: client_write_SRTP_master_key, server_write_SRTP_master_key, client_write_SRTP_master_salt,
  // server_write_SRTP_master_salt.
  ByteReader reader(std::span<const uint8_t>(material).first(size));
  const auto client_key = reader.bytes(key_size(*suite));
  const auto server_key = reader.bytes(key_size(*suite));
  const auto client_salt = reader.bytes(salt_size(*suite));
  const auto server_salt = reader.bytes(salt_size(*suite));
  SrtpMasterKey client(client_key, client_salt), server(server_key, server_salt);
  OPENSSL_cleanse(material.data(), material.size());
  if (role == Role::kServer) std::swap(client, server);
  return SrtpKeys{*suite, client, server};
}

}  // namespace tutti::dtls
