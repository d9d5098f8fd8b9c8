// tests/data/fuzz/small_files.cpp — small files of each format of data, for fuzzers to begin from
#include "tests/data/fuzz/small_files.h"

#include <zlib.h>

#include <string>
#include <string_view>

#include "tests/data/fuzz/obj.h"
#include "tests/data/gzip.h"

namespace pliant::data {
namespace {

using namespace std::string_literals;

std::vector<std::uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

/// Each of them, and each gzipped.
SmallFiles also_gzipped(const std::vector<std::string>& texts) {
  SmallFiles files;
  for (const std::string& text : texts) {
    files.push_back(bytes_of(text));
    files.push_back(tests::gzip(bytes_of(text)));
  }
  return files;
}

/// Little-endian.
std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

std::string npy(const std::string& type, const std::string& shape, const std::string& elements,
                char version = 1) {
  const std::string head =
      "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }\n";
  return "\x93NUMPY"s + version + '\0' + number(head.size(), version == 1 ? 2 : 4) + head +
         elements;
}

/// A raw deflate stream, or nothing but the text.
std::string packed(const std::string& text, bool deflated) {
  if (!deflated) return text;
  const std::vector<std::uint8_t> whole = tests::gzip(bytes_of(text));
  // A gzip stream of no name: 10 bytes, the deflate stream, 8 bytes.
  return {whole.begin() + 10, whole.end() - 8};
}

struct Member {
  std::string name;
  std::string content;
  bool deflated;
};

std::string zip(const std::vector<Member>& members) {
  std::string files, directory;
  for (const auto& [name, content, deflated] : members) {
    const std::string body = packed(content, deflated);
    const uLong crc =
        crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
    const std::string about = number(20, 2) + number(0, 2) + number(deflated ? 8 : 0, 2) +
                              number(0, 4) + number(crc, 4) + number(body.size(), 4) +
                              number(content.size(), 4) + number(name.size(), 2);
    directory += "PK\x01\x02" + number(20, 2) + about + number(0, 8) + number(0, 4) +
                 number(files.size(), 4) + name;
    files += "PK\x03\x04" + about + number(0, 2) + name + body;
  }
  return files + directory + "PK\x05\x06" + number(0, 4) + number(members.size(), 2) +
         number(members.size(), 2) + number(directory.size(), 4) + number(files.size(), 4) +
         number(0, 2);
}

std::vector<std::uint8_t> safetensors(std::string header, const std::string& data) {
  header.resize((header.size() + 7) / 8 * 8, ' ');
  return bytes_of(number(header.size(), 8) + header + data);
}

std::string cifar_record(const std::string& labels) {
  std::string record = labels;
  for (int i = 0; i < 3072; ++i) record += static_cast<char>(i);
  return record;
}

}  // namespace

SmallFiles small_idx() {
  const std::string head = "\0\0\x08"s;
  return also_gzipped({head + "\x01\0\0\0\x03"s + "abc",
                       head + "\x03\0\0\0\x02\0\0\0\x01\0\0\0\x02"s + "abcd",
                       head + "\x02\0\0\0\0\0\0\0\x05"s});
}

SmallFiles small_npy() {
  return {bytes_of(npy("|u1", "3,", "abc")), bytes_of(npy("<f4", "2, 1", "abcdefgh", 2)),
          bytes_of(npy("|b1", "", "\1", 3)), bytes_of(npy("<i8", "0, 7", ""))};
}

SmallFiles small_npz() {
  const std::string a = npy("|u1", "3,", "abc"), b = npy("<f8", "2,", std::string(16, 'x'));
  return {bytes_of(zip({{"a.npy", a, false}})), bytes_of(zip({{"b.npy", b, true}})),
          bytes_of(zip({{"b.npy", b, true}, {"a.npy", a, true}}))};
}

SmallFiles small_safetensors() {
  return {
      safetensors("{}", ""),
      safetensors(R"({"__metadata__":{"a":"b\u00e9"},"x":{"dtype":"F32","shape":[2],)"
                  R"("data_offsets":[0,8]},"y":{"dtype":"U8","shape":[],"data_offsets":[8,9]}})",
                  "012345678"),
      safetensors(R"({"z":{"dtype":"I64","shape":[0,3],"data_offsets":[0,0]}})", "")};
}

SmallFiles small_cifar() {
  return {bytes_of(cifar_record("\x09")), bytes_of(cifar_record("\x13\x63"))};
}

SmallFiles small_tables() {
  return also_gzipped({"0, cat, Tom, no\n10,dog,,yes.\n2,hen,?,no | aside\n\n| none\n",
                       "3 cat x yes\r\n99 dog  y  no"});
}

SmallFiles small_features() {
  return {safetensors(R"({"__metadata__":{"classes":"[\"a\",\"b\"]"},"features":{"dtype":"F32",)"
                      R"("shape":[1,2],"data_offsets":[8,16]},"labels":{"dtype":"I64","shape":[1],)"
                      R"("data_offsets":[0,8]}})",
                      "\1\0\0\0\0\0\0\0"s + "\0\0\x80\x3f\0\0\x80\x3f"s),
          safetensors(R"({"__metadata__":{"classes":"[\"a\"]"},"features":{"dtype":"F16","shape":)"
                      R"([1,1],"data_offsets":[8,10]},"labels":{"dtype":"I64","shape":[1],)"
                      R"("data_offsets":[0,8]}})",
                      "\0\0\0\0\0\0\0\0"s + "\0\x3c"s)};
}

SmallFiles small_obj() {
  SmallFiles files;
  for (const std::string& text : small_meshes()) files.push_back(bytes_of(text));
  return files;
}

}  // namespace pliant::data
