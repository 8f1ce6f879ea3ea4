// Owning pointers to OpenSSL's objects, so that this area's headers name them without including OpenSSL's. Each object
// belongs to whoever holds the pointer; deleting is the library's own *_free.
#pragma once

#include <memory>

struct ssl_st;
struct ssl_ctx_st;
struct x509_st;
struct evp_pkey_st;
struct bio_method_st;

namespace tutti::dtls {

struct OpenSslDelete {
  void operator()(ssl_st* p) const;
  void operator()(ssl_ctx_st* p) const;
  void operator()(x509_st* p) const;
  void operator()(evp_pkey_st* p) const;
  void operator()(bio_method_st* p) const;
};
template <class T>
using OpenSslPtr = std::unique_ptr<T, OpenSslDelete>;

}  // namespace tutti::dtls
