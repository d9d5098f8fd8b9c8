# cmake -DINPUT=file -DOUTPUT=file.cpp -DHEADER=header.h -DNAMESPACE=a::b -DFUNCTION=name -P embed.cmake
#
# Writes a C++ source that defines `std::span<const std::uint8_t> a::b::name()`, declared in the header: the bytes
# of the input file.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
get_filename_component(name ${INPUT} NAME)
file(WRITE ${OUTPUT} "// ${name} as C++ — made by cmake/embed.cmake
#include \"${HEADER}\"

namespace ${NAMESPACE} {
namespace {
constexpr std::uint8_t kBytes[] = {
${bytes}
};
}  // namespace

std::span<const std::uint8_t> ${FUNCTION}() { return kBytes; }

}  // namespace ${NAMESPACE}
")
