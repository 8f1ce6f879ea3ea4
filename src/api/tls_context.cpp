#include "api/tls_context.hpp"

#include <openssl/ssl.h>

namespace tutti::api {

namespace ssl = boost::asio::ssl;

Result<std::shared_ptr<ssl::context>> make_tls_context(const std::string& certificate, const std::string& key) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  boost::system::error_code ec;
  context->use_certificate_chain_file(certificate, ec);
  if (ec) return invalid("cannot use the TLS certificate " + certificate + ": " + ec.message());
  context->use_private_key_file(key, ssl::context::pem, ec);
  if (ec) return invalid("cannot use the TLS key " + key + " with that certificate: " + ec.message());
  return context;
}

}  // namespace tutti::api
