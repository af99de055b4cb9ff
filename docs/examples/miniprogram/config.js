// One origin for everything: enter it in the console under 服务器域名, for request, uploadFile and downloadFile.
module.exports = { base: "https://linli.example.org", community: "321182001017" };
